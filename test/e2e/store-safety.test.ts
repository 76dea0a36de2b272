/** Several processes share a store: none of them ever sees a model that is not whole, whatever the others do or die of. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  type Dirent,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeRegistry } from '../../src/registry/testdata/fake-registry.ts';
import { miniModelPath, root, startCria, type TestServer } from '../support/cria.ts';

let dir = '';
let models = '';
let servers: TestServer[] = [];
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-safety-'));
  models = path.join(dir, 'models');
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  servers = [];
  rmSync(dir, { recursive: true, force: true });
});

/** A server on the shared store. */
async function start(env: Record<string, string> = {}): Promise<TestServer> {
  const server = await startCria({ OLLAMA_MODELS: models, ...env });
  servers.push(server);
  return server;
}

const blobNames = (): string[] => readdirSync(path.join(models, 'blobs'));

function manifestFiles(): string[] {
  const below = (folder: string): string[] =>
    entriesOf(folder).flatMap((entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) return below(file);
      return entry.isFile() && !entry.name.endsWith('.tmp') ? [file] : [];
    });
  return below(path.join(models, 'manifests'));
}

/** None where the folder has just been deleted. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function blobsIn(manifest: string): string[] {
  return [...manifest.matchAll(/sha256:([0-9a-f]{64})/g)].map(([, hex]) => `sha256-${hex}`);
}

/** Blobs that are missing although a manifest, the same before and after the look, refers to them. */
function missingBlobs(): string[] {
  const missing: string[] = [];
  for (const file of manifestFiles()) {
    const text = readIfThere(file);
    const gone = blobsIn(text).filter((name) => !existsSync(path.join(models, 'blobs', name)));
    if (gone.length > 0 && readIfThere(file) === text)
      missing.push(...gone.map((name) => `${file}: ${name}`));
  }
  return missing;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

async function post(
  server: TestServer,
  route: string,
  body: object,
  method = 'POST',
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${server.url}/api/${route}`, { method, body: JSON.stringify(body) });
  return { status: response.status, text: await response.text() };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A model of the weights of cria-mini and a layer that nothing looks into. */
function publish(registry: FakeRegistry, noise: Buffer): string {
  const weights = readFileSync(miniModelPath);
  const config = Buffer.from('{"model_format":"gguf","model_family":"qwen3"}');
  const layer = (mediaType: string, bytes: Buffer): object => ({
    mediaType,
    digest: registry.addBlob(bytes),
    size: bytes.length,
  });
  const manifest = {
    schemaVersion: 2,
    config: layer('application/vnd.docker.container.image.v1+json', config),
    layers: [layer('application/vnd.ollama.image.model', weights), layer('application/x-noise', noise)],
  };
  registry.manifests.set('latest', Buffer.from(JSON.stringify(manifest)));
  return `${registry.host}/library/shared:latest`;
}

describe('the lock', () => {
  /** A process that takes the lock and says so; it never lets go. */
  async function holder(): Promise<{ pid: number; kill(): Promise<void> }> {
    const url = (file: string): string =>
      JSON.stringify(pathToFileURL(path.join(root, 'dist/store', file)).href);
    const script = `
      const { createStorePaths } = await import(${url('paths.js')});
      const { createTicketBox } = await import(${url('tickets.js')});
      const { createStoreLock } = await import(${url('lock.js')});
      const lock = createStoreLock(createTicketBox(createStorePaths(${JSON.stringify(models)})));
      await lock.run(() => new Promise(() => { process.stdout.write('locked'); setInterval(() => {}, 1000); }));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    return {
      pid: child.pid ?? 0,
      kill: async () => {
        child.kill('SIGKILL');
        await once(child, 'exit');
      },
    };
  }

  it('is waited for while its owner lives, and is free when it was killed', async () => {
    const server = await start();
    const owner = await holder();
    const creating = post(server, 'create', { model: 'new', from: 'cria-mini', system: 'x' });
    expect(await Promise.race([creating, sleep(300, 'waiting')])).toBe('waiting');
    expect((await server.cli(['list'])).stdout).not.toContain('new'); // reading needs no lock
    await owner.kill();
    expect((await creating).text).toContain('"status":"success"');
    expect(readdirSync(path.join(models, '.cria/tickets'))).toEqual([]);
  });

  it('does not keep a server from starting', async () => {
    await start();
    const owner = await holder();
    const starting = start();
    await sleep(300);
    await owner.kill();
    expect((await (await starting).cli(['list'])).stdout).toContain('cria-mini');
  });
});

describe('two servers on one folder', () => {
  it('create, copy, delete and pull at the same time, and every model is whole all the time', async () => {
    const registry = await FakeRegistry.start();
    const name = publish(registry, randomBytes(300_000));
    const both = [await start(), await start()];
    const problems: string[] = [];
    let isDone = false;
    const watching = (async () => {
      for (; !isDone; await sleep(2)) problems.push(...missingBlobs());
    })();
    const work = async (server: TestServer, offset: number): Promise<void> => {
      for (let i = 0; i < 6; i++) {
        const model = `m${(i + offset) % 3}`;
        const created = await post(server, 'create', { model, from: 'cria-mini', system: `text ${i % 2}` });
        if (!created.text.includes('"status":"success"')) problems.push(`create: ${created.text}`);
        const copied = await post(server, 'copy', { source: 'cria-mini', destination: `c${offset}` });
        if (copied.status !== 200) problems.push(`copy: ${copied.text}`);
        if (i % 3 === offset) {
          const pulled = await post(server, 'pull', { model: name, insecure: true });
          if (!pulled.text.includes('"status":"success"')) problems.push(`pull: ${pulled.text}`);
        }
        for (const gone of [`m${i % 3}`, name]) {
          const deleted = await post(server, 'delete', { model: gone }, 'DELETE');
          if (deleted.status !== 200 && deleted.status !== 404) problems.push(`delete: ${deleted.text}`);
        }
      }
    };
    await Promise.all(both.map((server, i) => work(server, i)));
    isDone = true;
    await watching;
    expect([...new Set(problems)]).toEqual([]);

    // What was shared went with its last model.
    const [server = both[0]] = both;
    for (const model of ['m0', 'm1', 'm2', 'c0', 'c1', name])
      await post(server as TestServer, 'delete', { model }, 'DELETE');
    expect(blobNames().sort()).toEqual(
      [...new Set(manifestFiles().flatMap((file) => blobsIn(readFileSync(file, 'utf8'))))].sort(),
    );
    expect(readdirSync(path.join(models, '.cria/tickets'))).toEqual([]);
  });

  it('fetch a blob once; when one is killed the other takes its place', async () => {
    const registry = await FakeRegistry.start();
    const noise = randomBytes(3_000_000);
    const name = publish(registry, noise);
    const digest = `sha256:${sha256(noise)}`;
    const [first, second] = [await start(), await start()];
    let sentBytes = 0;
    let nConnections = 0;
    registry.hook = async ({ method, path: asked, headers }, response) => {
      if (method !== 'GET' || !asked.endsWith(digest)) return false;
      nConnections++;
      const start = Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
      const isFirst = nConnections === 1;
      response.writeHead(206, {
        'content-length': noise.length - start,
        'content-range': `bytes ${start}-${noise.length - 1}/${noise.length}`,
      });
      for (let at = start; at < noise.length && !response.destroyed; at += 100_000) {
        response.write(noise.subarray(at, at + 100_000));
        sentBytes += 100_000;
        // The first one is never finished.
        if (isFirst && at > noise.length / 2) return true;
        await sleep(5);
      }
      response.end();
      return true;
    };
    const pull = (server: TestServer): Promise<{ text: string }> =>
      post(server, 'pull', { model: name, insecure: true });
    const dying = pull(first as TestServer).catch(() => undefined);
    while (sentBytes < noise.length / 2) await sleep(5);
    const waiting = pull(second as TestServer);
    await sleep(500);
    expect(nConnections).toBe(1);
    process.kill((first as TestServer).pid, 'SIGKILL');
    await dying;
    expect((await waiting).text).toContain('"status":"success"');
    expect(nConnections).toBe(2);
    expect(sentBytes).toBeLessThan(noise.length * 1.6);
    expect(sha256(readFileSync(path.join(models, 'blobs', digest.replace(':', '-'))))).toBe(digest.slice(7));
  });
});

describe('verify and repair', () => {
  it('finds what is damaged, and a pull fetches that alone', async () => {
    const registry = await FakeRegistry.start();
    const noise = randomBytes(200_000);
    const name = publish(registry, noise);
    const server = await start();
    expect((await post(server, 'pull', { model: name, insecure: true })).text).toContain('success');
    expect(await server.cli(['verify'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('no damage'),
    });

    const blob = path.join(models, 'blobs', `sha256-${sha256(noise)}`);
    const bytes = readFileSync(blob);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    writeFileSync(blob, bytes);
    const found = await server.cli(['verify', name]);
    expect(found).toMatchObject({ code: 1, stderr: expect.stringContaining('something is damaged') });
    expect(found.stdout).toContain(`blob sha256:${sha256(noise)} has the digest`);
    expect(found.stdout).toContain(`cria pull ${name}`);
    expect(existsSync(blob)).toBe(true);
    expect((await server.cli(['verify', 'cria-mini'])).code).toBe(0);

    registry.seen.length = 0;
    expect(await server.cli(['pull', name, '--insecure'])).toMatchObject({ code: 0 });
    const fetched = registry.requests('GET', '/blobs/').map((request) => request.path.split('/').at(-1));
    expect(new Set(fetched)).toEqual(new Set([`sha256:${sha256(noise)}`]));
    expect((await server.cli(['verify'])).code).toBe(0);
  });
});

describe('import', () => {
  it('takes over a folder of Ollama’s, and what it links stays the user’s', async () => {
    const source = await start();
    const created = { model: 'pirate', from: 'cria-mini', system: 'Be a pirate.', parameters: { seed: 7 } };
    expect((await post(source, 'create', created)).text).toContain('success');
    const shown = (await source.cli(['show', 'pirate', '--modelfile'])).stdout;

    const target = await startCria();
    servers.push(target);
    const dry = await target.cli(['import', models, '--dry-run']);
    expect(dry.stdout).toMatch(/^pirate:latest /m);
    expect(dry.stdout).toContain('there is a model cria-mini:latest already');
    const imported = await target.cli(['import', models, '--link']);
    expect(imported).toMatchObject({ code: 0, stdout: expect.stringContaining("imported 'pirate:latest'") });
    const lines = (text: string): string[] =>
      text.split('\n').filter((line) => /^(SYSTEM|PARAMETER|LICENSE)/.test(line));
    const again = (await target.cli(['show', 'pirate', '--modelfile'])).stdout;
    expect(lines(again)).toEqual(lines(shown));
    expect((await target.cli(['run', 'pirate', '--think=false', 'hello'])).stdout.trim()).not.toBe('');
    expect((await target.cli(['verify'])).code).toBe(0);
  });

  it('links a file, and deleting the model leaves it', async () => {
    const server = await start();
    const folder = path.join(dir, 'mine');
    mkdirSync(folder);
    const file = path.join(folder, 'Other-Q8_0.gguf');
    // Another file than the one that comes with cria: a GGUF file may have bytes behind its tensors.
    writeFileSync(file, Buffer.concat([readFileSync(miniModelPath), Buffer.alloc(32)]), { mode: 0o444 });
    linkSync(file, path.join(folder, 'second-link'));
    const before = statSync(file);
    expect(await server.cli(['import', file, '--link'])).toMatchObject({ code: 0 });
    const blob = path.join(models, 'blobs', `sha256-${sha256(readFileSync(file))}`);
    const isClone = statSync(blob).ino !== before.ino;
    expect(statSync(file)).toMatchObject({
      mode: before.mode,
      mtimeMs: before.mtimeMs,
      nlink: isClone ? 2 : 3,
    });
    expect((await server.cli(['run', 'Other:Q8_0', '--think=false', 'hi'])).stdout.trim()).not.toBe('');
    expect((await server.cli(['rm', 'Other:Q8_0'])).code).toBe(0);
    expect(existsSync(blob)).toBe(false);
    expect(statSync(file)).toMatchObject({ mode: before.mode, mtimeMs: before.mtimeMs, nlink: 2 });
    expect(server.log()).not.toMatch(/level=WARN.*HEAD/);
  });
});
