/** Models of several files, by the program as a user has it: from a hub, from disk, to a registry and back. */
import {
  copyFileSync,
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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { splitGguf } from '../../src/gguf/testdata/split-model.ts';
import { serveHub } from '../../src/registry/testdata/fake-hub.ts';
import { FakeRegistry } from '../../src/registry/testdata/fake-registry.ts';
import { digestOf } from '../../src/store/digest.ts';
import { miniModelPath, root, startCria, type TestServer } from '../support/cria.ts';
import { hasDockerRegistry, startDockerRegistry } from '../support/registry.ts';

if (!hasDockerRegistry)
  process.stderr.write(
    '\n*** test/e2e/split.test.ts: docker-registry is missing: PUSHING A SPLIT MODEL IS NOT TESTED ***\n\n',
  );

const questions = ['Hello, who are you?', 'What is the capital of France?', 'What is 2 plus 2?'];

let server: TestServer;
let folder = '';
let parts: string[];
/** What cria-mini is, unsplit. */
let whole: unknown;
beforeAll(async () => {
  server = await startCria({ CRIA_PRIVATE_HOSTS: 'localhost' });
  folder = mkdtempSync(path.join(tmpdir(), 'cria-split-'));
  // The first part holds metadata alone, as those of many hubs do.
  parts = await splitGguf(miniModelPath, folder, { sizes: [0, 20, 20] });
  whole = await described('cria-mini');
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function post(route: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(`${server.url}${route}`, { method: 'POST', body: JSON.stringify(body) });
  // Whatever the route answers is compared as a whole.
  return (await response.json()) as Record<string, unknown>;
}

async function answers(model: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const content of questions) {
    const { message } = await post('/api/chat', {
      model,
      messages: [{ role: 'user', content }],
      options: { temperature: 0 },
      stream: false,
    });
    found.push(message);
  }
  return found;
}

/** All that a user can get out of a model. */
async function described(model: string): Promise<unknown> {
  const { embeddings } = await post('/api/embed', { model, input: questions });
  const { tensors, model_info, capabilities } = await post('/api/show', { model, verbose: true });
  expect(embeddings).toBeDefined();
  return { answers: await answers(model), embeddings, tensors, model_info, capabilities };
}

/** Statuses of a pull, its error included; empty when the server dies meanwhile. */
async function pull(model: string): Promise<string[]> {
  const body = JSON.stringify({ model, insecure: true });
  try {
    const response = await fetch(`${server.url}/api/pull`, { method: 'POST', body });
    const lines = (await response.text()).trim().split('\n');
    return lines.map((line) => JSON.parse(line)).map(({ status, error }) => error ?? status);
  } catch {
    return [];
  }
}

interface Listed {
  readonly name: string;
  readonly size: number;
  readonly details: object;
}

async function listed(name: string, route = '/api/tags'): Promise<Listed> {
  const response = await fetch(`${server.url}${route}`);
  const { models } = (await response.json()) as { models: Listed[] }; // what Ollama's clients read
  const found = models.find((model) => model.name === name);
  if (found === undefined) throw new Error(`${name} is not in ${route}`);
  return found;
}

/** Bytes in memory. */
async function loadedSize(model: string): Promise<number> {
  await post('/api/generate', { model, prompt: 'a', options: { num_predict: 1 }, stream: false });
  return (await listed(model, '/api/ps')).size;
}

const blobs = (): string[] =>
  readdirSync(path.join(server.modelsDir, 'blobs')).filter((name) => /^sha256-[0-9a-f]{64}$/.test(name));

describe('a split model', () => {
  it('comes whole from a hub although the server is killed on the way', { timeout: 60_000 }, async () => {
    const fake = await FakeRegistry.start();
    const inFolder = (file: string): string =>
      `Q8_0/${path.basename(file).replace('cria-mini', 'cria-mini-Q8_0')}`;
    serveHub(
      fake,
      'user/mini-GGUF',
      Object.fromEntries([
        ['README.md', Buffer.from('# Mini')],
        ...parts.map((file) => [inFolder(file), readFileSync(file)] as const),
      ]),
    );
    const name = `${fake.host}/user/mini-GGUF:q8_0`;
    const digests = parts.map((file) => digestOf(readFileSync(file)));
    const { hook } = fake;
    for (const [i, held] of digests.slice(1, 3).entries()) {
      let isHeld = false;
      fake.hook = (request, response, incoming) => {
        if (!request.path.startsWith(`/storage/${held}`)) return hook(request, response, incoming);
        isHeld = true;
        return true; // never answered
      };
      const pulling = pull(name);
      while (!isHeld) await sleep(5);
      await server.restart('SIGKILL');
      await pulling;
      expect(blobs()).toContain((digests[i] ?? '').replace(':', '-'));
      expect((await server.cli(['list'])).stdout).not.toContain('mini-GGUF');
    }
    fake.hook = hook;
    expect((await pull(name)).at(-1)).toBe('success');
    const fetched = fake
      .requests('GET', '/storage/')
      .map((request) => request.path.slice('/storage/'.length));
    // Each part that was held back was asked for twice, no other.
    expect(digests.map((digest) => fetched.filter((other) => other === digest).length)).toEqual([1, 2, 2, 1]);

    expect(await described(name)).toEqual(whole);
    const verified = await server.cli(['verify', name]);
    expect(verified).toMatchObject({ code: 0 });
    expect((await server.cli(['rm', name])).code).toBe(0);
    for (const digest of digests) expect(blobs()).not.toContain(digest.replace(':', '-'));
  });

  it('is made of files on disk, goes into other models, and into its Modelfile and back', async () => {
    const home = path.join(folder, 'create');
    mkdirSync(home);
    for (const file of parts) copyFileSync(file, path.join(home, path.basename(file)));
    writeFileSync(path.join(home, 'Modelfile'), `FROM ./${path.basename(parts[0] ?? '')}\n`);
    expect(await server.cli(['create', 'split'], { cwd: home })).toMatchObject({ code: 0 });
    expect(await described('split')).toEqual(whole);
    const shown = await server.cli(['show', '--modelfile', 'split']);
    expect(shown.stdout.match(/^FROM /gm)).toHaveLength(parts.length);
    writeFileSync(path.join(home, 'Modelfile'), shown.stdout);
    expect(await server.cli(['create', 'again'], { cwd: home })).toMatchObject({ code: 0 });
    writeFileSync(path.join(home, 'Modelfile'), 'FROM again\nSYSTEM You are a bird.\n');
    expect(await server.cli(['create', 'bird'], { cwd: home })).toMatchObject({ code: 0 });
    for (const name of ['split', 'again']) expect((await server.cli(['rm', name])).code).toBe(0);
    const [bird, mini] = [await listed('bird:latest'), await listed('cria-mini:latest')];
    expect(bird.details).toEqual({ ...mini.details, parent_model: 'again:latest' });
    expect(bird.size).toBeGreaterThan(parts.reduce((sum, file) => sum + statSync(file).size, 0));
    const sizes = await Promise.all(['bird:latest', 'cria-mini:latest'].map(loadedSize));
    expect(sizes[0]).toBe(sizes[1]);
    const partNames = readdirSync(home).filter((name) => name.includes('00002-of'));
    for (const name of partNames) rmSync(path.join(home, name));
    writeFileSync(path.join(home, 'Modelfile'), 'FROM .\n');
    expect(await server.cli(['create', 'lame'], { cwd: home })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is missing shard 2'),
    });
  });

  it('is quantized to the same file as the whole', { timeout: 60_000 }, async () => {
    const home = path.join(folder, 'quantize');
    mkdirSync(home);
    writeFileSync(path.join(home, 'Modelfile'), `FROM ${path.join(root, 'model/cria-mini')}\n`);
    expect(await server.cli(['create', 'f16'], { cwd: home })).toMatchObject({ code: 0 });
    const { modelfile } = await post('/api/show', { model: 'f16' });
    const source = /^FROM (.*)$/m.exec(String(modelfile))?.[1] ?? '';
    const [first = ''] = await splitGguf(source, home, { sizes: [7, 30], prefix: 'f16' });
    writeFileSync(path.join(home, 'Modelfile'), `FROM ${first}\n`);
    expect(await server.cli(['create', 'f16-split'], { cwd: home })).toMatchObject({ code: 0 });
    const made: string[] = [];
    for (const from of ['f16', 'f16-split']) {
      writeFileSync(path.join(home, 'Modelfile'), `FROM ${from}\n`);
      const name = `${from}-q4`;
      expect(await server.cli(['create', name, '-q', 'q4_K_M'], { cwd: home })).toMatchObject({ code: 0 });
      made.push(/^FROM (.*)$/m.exec(String((await post('/api/show', { model: name })).modelfile))?.[1] ?? '');
    }
    expect(made[0]).not.toBe('');
    expect(made[1]).toBe(made[0]);
  });

  it.skipIf(!hasDockerRegistry)('goes to a registry and comes back', async () => {
    const registry = await startDockerRegistry();
    try {
      const name = `127.0.0.1:${registry.port}/library/split:latest`;
      const home = path.join(folder, 'push');
      mkdirSync(home);
      writeFileSync(path.join(home, 'Modelfile'), `FROM ${parts[0]}\n`);
      expect(await server.cli(['create', name], { cwd: home })).toMatchObject({ code: 0 });
      expect(await server.cli(['push', name, '--insecure'])).toMatchObject({ code: 0 });
      await server.cli(['rm', name]);
      await server.cli(['rm', 'bird']);
      for (const file of parts) expect(blobs()).not.toContain(digestOf(readFileSync(file)).replace(':', '-'));
      expect((await pull(name)).at(-1)).toBe('success');
      expect(await described(name)).toEqual(whole);
    } finally {
      await registry.stop();
    }
  });
});
