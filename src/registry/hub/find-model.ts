/** A model that a hub has in several files: which they are, and the layers of the manifest that the hub does not make. */
import { digestOf } from '../../store/digest.ts';
import { type Layer, type LayerKind, layerMediaType } from '../../store/manifest.ts';
import { upstreamError } from '../failure.ts';
import type { RegistryCall, Session } from '../session.ts';
import { limits } from '../settings.ts';
import { readBody } from '../transport/body.ts';
import type { Answer } from '../transport/transport.ts';
import type { HubModel } from '../types.ts';
import { pickFiles } from './pick-files.ts';
import { nextPage, parseTreePage, type RepoFile } from './repo-file.ts';

/** Sends a request and reads its answer, again when that fails; throws for a status of 400 or more. */
export type Ask = <T>(call: RegistryCall, read: (answer: Answer) => Promise<T>) => Promise<T>;

/** Files by which a repository changes what its models come with: https://huggingface.co/docs/hub/ollama. */
const textKinds = ['template', 'system', 'params'] as const;

/**
 * Finds the files of the session's model and tells the session where their blobs are. Throws `upstream` when the repository
 * has none that suit the tag.
 */
export async function findHubModel(ask: Ask, session: Session, signal: AbortSignal): Promise<HubModel> {
  const files = await listFiles(ask, session, signal);
  const { weights, projector } = pickFiles(files, session.tag, session.repository);
  const layers = weights.map((file) => layerOf(session, 'model', file));
  if (projector !== undefined) layers.push(layerOf(session, 'projector', projector));
  const texts: { kind: (typeof textKinds)[number]; text: string }[] = [];
  for (const kind of textKinds) {
    const file = files.find(({ path }) => path === kind);
    if (file !== undefined) texts.push({ kind, text: await fetchText(ask, session, file, signal) });
  }
  return { layers, texts };
}

async function listFiles(ask: Ask, session: Session, signal: AbortSignal): Promise<readonly RepoFile[]> {
  const files: RepoFile[] = [];
  let url: URL | undefined = session.treeUrl();
  for (let page = 0; url !== undefined; page++) {
    if (page === limits.treePages)
      throw upstreamError(`${session.repository} has more than ${page} pages of files`);
    const found: { files: readonly RepoFile[]; next: URL | undefined } = await ask(
      { method: 'GET', url, signal },
      async (answer) => {
        const next = nextPage(answer.header('link'));
        const body = await readBody(answer, limits.treePageBytes, 'the list of files', signal);
        return {
          files: parseTreePage(body, answer.url.host),
          next: next === undefined ? undefined : session.resolve(next, answer.url),
        };
      },
    );
    files.push(...found.files);
    url = found.next;
  }
  return files;
}

function layerOf(session: Session, kind: LayerKind, { path, sizeBytes, digest }: RepoFile): Layer {
  if (digest === undefined)
    throw upstreamError(`${session.repository} does not tell the sha256 of ${JSON.stringify(path)}`);
  session.locate(digest, session.fileUrl(path));
  return { mediaType: layerMediaType(kind), digest, size: sizeBytes };
}

async function fetchText(
  ask: Ask,
  session: Session,
  { path, sizeBytes, digest }: RepoFile,
  signal: AbortSignal,
): Promise<string> {
  const url = session.fileUrl(path);
  const bytes = await ask({ method: 'GET', url, signal }, (answer) =>
    readBody(answer, limits.hubTextBytes, JSON.stringify(path), signal),
  );
  if (bytes.length !== sizeBytes || (digest !== undefined && digestOf(bytes) !== digest))
    throw upstreamError(`${session.repository} sent another ${JSON.stringify(path)} than it lists`);
  return bytes.toString('utf8');
}
