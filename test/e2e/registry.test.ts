/** Push and pull against a real registry, with a proxy in between that makes trouble. */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCria, type TestServer } from '../support/cria.ts';
import {
  type DockerRegistry,
  hasDockerRegistry,
  startDockerRegistry,
  TroublesomeProxy,
} from '../support/registry.ts';

if (!hasDockerRegistry) {
  process.stderr.write(
    '\n*** test/e2e/registry.test.ts: docker-registry is missing (apt-get install docker-registry): PUSH AND PULL ARE NOT TESTED ***\n\n',
  );
}

/** Several parts. */
const bigBytes = 220_000_000;

let registry: DockerRegistry;
let proxy: TroublesomeProxy;
let server: TestServer;

const blobsDir = (): string => path.join(server.modelsDir, 'blobs');
const modelName = (model: string): string => `127.0.0.1:${proxy.port}/library/${model}:latest`;

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Names of all blobs, each checked against its content. A kill may leave a temporary file, but no part of a download. */
async function verifiedBlobs(): Promise<string[]> {
  const files = readdirSync(blobsDir());
  expect(files.filter((file) => file.includes('partial'))).toEqual([]);
  const names = files.filter((file) => /^sha256-[0-9a-f]{64}$/.test(file)).sort();
  for (const name of names) expect(`sha256-${await sha256(path.join(blobsDir(), name))}`).toBe(name);
  return names;
}

/** Adds a model that has the weights of cria-mini and a layer of random bytes, which nothing here looks into. */
async function addBigModel(name: string): Promise<string> {
  const body = Buffer.alloc(bigBytes);
  const noise = randomBytes(1_000_003);
  for (let offset = 0; offset < bigBytes; offset += noise.length) noise.copy(body, offset);
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const uploaded = await fetch(`${server.url}/api/blobs/${digest}`, { method: 'POST', body });
  expect(uploaded.status).toBe(201);
  const manifests = path.join(server.modelsDir, 'manifests');
  const manifest = JSON.parse(
    readFileSync(path.join(manifests, 'registry.ollama.ai/library/cria-mini/latest'), 'utf8'),
  );
  manifest.layers.push({ mediaType: 'application/x-noise', digest, size: bigBytes });
  const file = path.join(manifests, name.replace(/:latest$/, '/latest'));
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(manifest));
  return digest;
}

/** What the files beside an unfinished download say, in Ollama's form. */
interface PartState {
  readonly Offset: number;
  readonly Size: number;
  readonly Completed: number;
}

function partStates(blob: string): PartState[] {
  return readdirSync(blobsDir())
    .map((file) => /-partial-\d+$/.exec(file)?.[0])
    .filter((suffix) => suffix !== undefined)
    .map((suffix) => JSON.parse(readFileSync(blob + suffix, 'utf8')));
}

async function statuses(response: Response): Promise<string[]> {
  const lines = (await response.text()).trim().split('\n');
  return lines.map((line) => JSON.parse(line)).map(({ status, error }) => error ?? status);
}

function pull(name: string): Promise<Response> {
  return fetch(`${server.url}/api/pull`, {
    method: 'POST',
    body: JSON.stringify({ model: name, insecure: true }),
  });
}

describe.skipIf(!hasDockerRegistry)('with docker-registry', () => {
  beforeAll(async () => {
    registry = await startDockerRegistry();
    proxy = await TroublesomeProxy.start(registry.port);
    server = await startCria({ CRIA_PRIVATE_HOSTS: 'localhost' });
    expect((await server.cli(['cp', 'cria-mini', modelName('mini')])).code).toBe(0);
    expect(await server.cli(['push', modelName('mini'), '--insecure'])).toMatchObject({ code: 0 });
    expect((await server.cli(['rm', modelName('mini')])).code).toBe(0);
    expect((await server.cli(['cp', 'cria-mini', 'keeper'])).code).toBe(0); // the store is not to become empty
  });
  afterAll(async () => {
    await server?.stop();
    proxy?.stop();
    await registry?.stop();
  });

  it('brings a big model back whole although the server is killed five times', {
    timeout: 120_000,
  }, async () => {
    const name = modelName('big');
    const digest = await addBigModel(name);
    const bigBlob = path.join(blobsDir(), digest.replace(':', '-'));

    let nUploads = 0;
    proxy.reset({ cutUpload: () => ++nUploads === 2 });
    expect(await server.cli(['push', name, '--insecure'])).toMatchObject({ code: 0 });
    expect(nUploads).toBeGreaterThan(2); // the cut one was sent again
    const listed = (await server.cli(['list'])).stdout;
    expect((await server.cli(['rm', name])).code).toBe(0);
    expect(existsSync(bigBlob)).toBe(false);

    // Early parts come faster than late ones, so that some are complete while others are not.
    const pauseMs = ({ start }: { start: number }): number => Math.floor(start / 16_000_000);
    let nComplete = 0;
    let receivedBefore = 0;
    for (let kill = 1; kill <= 5; kill++) {
      const known = partStates(bigBlob);
      proxy.reset({ pauseMs });
      const pulling = pull(name)
        .then(statuses)
        .catch(() => []); // its server is killed
      const wanted = (bigBytes * kill) / 6 - receivedBefore;
      while (proxy.sentBytes < wanted) await sleep(5);
      const { pid } = server;
      await server.restart('SIGKILL');
      expect(server.pid).not.toBe(pid);
      await pulling;
      receivedBefore += proxy.sentBytes;
      expectResumed(known);
    }
    const known = partStates(bigBlob);
    proxy.reset();
    expect((await statuses(await pull(name))).at(-1)).toBe('success');
    expectResumed(known);
    expect(nComplete).toBeGreaterThan(0);
    // What each kill cost: what was under way in the connections, and what had come since the last checkpoint.
    expect(receivedBefore + proxy.sentBytes).toBeLessThan(bigBytes * 2);

    expect(await verifiedBlobs()).toContain(path.basename(bigBlob));
    expect((await server.cli(['list'])).stdout.match(/big.*?([0-9a-f]{12})/)?.[1]).toBe(
      listed.match(/big.*?([0-9a-f]{12})/)?.[1],
    );
    expect((await server.cli(['run', name, '--think=false', 'hello'])).stdout.trim()).not.toBe('');
    expect((await server.cli(['rm', name])).code).toBe(0);

    /** At the proxy: nothing of a complete part was asked for again, and the others from where they had got to. */
    function expectResumed(parts: readonly PartState[]): void {
      for (const { Offset, Size, Completed } of parts) {
        const gets = proxy.gets.filter(
          (get) => get.digest === digest && get.start < Offset + Size && get.end >= Offset,
        );
        if (Completed === Size) expect(gets).toEqual([]);
        else expect(gets.map(({ start }) => start).every((start) => start >= Offset + Completed)).toBe(true);
      }
      nComplete = Math.max(nComplete, parts.filter((part) => part.Completed === part.Size).length);
    }
  });

  /** Everything of the model has to come from the registry. */
  async function forgetMini(): Promise<void> {
    for (const name of [modelName('mini'), 'cria-mini', 'keeper']) await server.cli(['rm', name]);
  }

  it('goes on where a connection was cut', async () => {
    await forgetMini();
    let nCuts = 0;
    proxy.reset({
      change: (get, piece) => (get.sentBytes > 1_000_000 && nCuts++ === 0 ? undefined : piece),
    });
    expect((await statuses(await pull(modelName('mini')))).at(-1)).toBe('success');
    expect(nCuts).toBeGreaterThan(0);
    const [first, second] = proxy.gets;
    expect(second?.digest).toBe(first?.digest);
    expect(second?.start).toBeGreaterThan(0);
    await verifiedBlobs();
  });

  it('mends what was corrupted on the way', async () => {
    await forgetMini();
    let isCorrupted = false;
    proxy.reset({
      change: (get, piece) => {
        if (isCorrupted || get.sentBytes < 500_000) return piece;
        isCorrupted = true;
        const bad = Buffer.from(piece);
        bad[0] = (bad[0] ?? 0) ^ 1;
        return bad;
      },
    });
    expect((await statuses(await pull(modelName('mini')))).at(-1)).toBe('success');
    expect(isCorrupted).toBe(true);
    expect(server.log()).toContain('digest mismatch');
    await verifiedBlobs();
  });

  it('follows redirects to another host, but not to a private one that nobody named', async () => {
    await forgetMini();
    proxy.reset({ redirect: (url) => `http://127.0.0.2:${proxy.port}${url}` });
    const refused = await statuses(await pull(modelName('mini')));
    expect(refused.at(-1)).toMatch(/^refused to connect to 127\.0\.0\.2/);
    expect(proxy.gets).toEqual([]);

    let isFirst = true;
    proxy.reset({
      redirect: (url) => {
        if (url.includes('?again')) return undefined;
        isFirst = false;
        return `http://localhost:${proxy.port}${url}?again`;
      },
    });
    expect((await statuses(await pull(modelName('mini')))).at(-1)).toBe('success');
    expect(isFirst).toBe(false);
    await verifiedBlobs();
  });

  it('fetches every byte once for two who pull together', async () => {
    await forgetMini();
    proxy.reset({ pauseMs: () => 5 });
    const both = await Promise.all([pull(modelName('mini')), pull(modelName('mini'))]);
    for (const response of both) expect((await statuses(response)).at(-1)).toBe('success');
    const digests = proxy.gets.map((get) => get.digest);
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('goes on for one who pulls when another one leaves', async () => {
    await forgetMini();
    proxy.reset({ pauseMs: () => 5 });
    const leaving = new AbortController();
    const left = fetch(`${server.url}/api/pull`, {
      method: 'POST',
      body: JSON.stringify({ model: modelName('mini'), insecure: true }),
      signal: leaving.signal,
    });
    const stayed = pull(modelName('mini'));
    await Promise.all([left, stayed]);
    while (proxy.sentBytes === 0) await sleep(5);
    leaving.abort();
    expect((await statuses(await stayed)).at(-1)).toBe('success');
    const digests = proxy.gets.map((get) => get.digest);
    expect(new Set(digests).size).toBe(digests.length);
    await verifiedBlobs();
  });

  it('says what is not there', async () => {
    expect(await server.cli(['pull', modelName('nobody'), '--insecure'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('pull model manifest: file does not exist'),
    });
  });
});
