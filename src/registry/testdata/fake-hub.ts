/** Makes a registry on loopback a hub, which has no manifest for models in several files. */
import { createHash } from 'node:crypto';
import { end, type FakeRegistry } from './fake-registry.ts';

export interface FakeHub {
  /** Path in the repository → content. May be changed at any time. */
  readonly files: Map<string, Buffer>;
  /** What a request for the manifest is answered. */
  refusal: { status: number; body: string };
  /** Where downloads are redirected to; default: the same server under another name, as a hub's own network is. */
  storage: string;
  /** Changes the list of files before it is cut into pages. */
  changeTree: (entries: Record<string, unknown>[]) => unknown[];
}

const pageSize = 3;

/** `repository`: user/repo. Large files are those that end in `.gguf`. */
export function serveHub(fake: FakeRegistry, repository: string, files: Record<string, Buffer>): FakeHub {
  const hub: FakeHub = {
    files: new Map(Object.entries(files)),
    refusal: {
      status: 400,
      body: JSON.stringify({ error: 'The specified tag is a sharded GGUF. Ollama does not support this yet.' }),
    },
    storage: `http://localhost:${fake.port}`,
    changeTree: (entries) => entries,
  };
  fake.hook = (request, response) => {
    const { path, query } = request;
    if (path.startsWith(`/v2/${repository}/manifests/`)) end(response, hub.refusal.status, hub.refusal.body);
    else if (path === `/api/models/${repository}/tree/main`) {
      const page = Number(query.get('cursor') ?? 0);
      const entries = hub.changeTree([{ type: 'directory', path: 'folder', size: 0 }, ...[...hub.files].map(toEntry)]);
      const next = `http://${fake.host}${path}?recursive=true&cursor=${page + 1}`;
      if ((page + 1) * pageSize < entries.length) response.setHeader('link', `<${next}>; rel="next"`);
      end(response, 200, JSON.stringify(entries.slice(page * pageSize, (page + 1) * pageSize)));
    } else if (path.startsWith(`/${repository}/resolve/main/`)) {
      const name = decodeURIComponent(path.slice(`/${repository}/resolve/main/`.length));
      const bytes = hub.files.get(name);
      if (bytes === undefined) end(response, 404);
      else if (!name.endsWith('.gguf')) end(response, 200, bytes.toString('utf8'));
      else {
        response.setHeader('location', `${hub.storage}/storage/${fake.addBlob(bytes)}?signature=x`);
        end(response, 302);
      }
    } else if (path.startsWith('/storage/')) fake.sendBlob(request, path.slice('/storage/'.length), response);
    else return false;
    return true;
  };
  return hub;
}

function toEntry([path, bytes]: [string, Buffer]): Record<string, unknown> {
  const oid = createHash('sha256').update(bytes).digest('hex');
  const lfs = path.endsWith('.gguf') ? { lfs: { oid, size: bytes.length, pointerSize: 134 } } : {};
  return { type: 'file', oid: '0'.repeat(40), size: bytes.length, path, ...lfs };
}
