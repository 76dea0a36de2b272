/** Pulling models of several parts: from a hub that has no manifest for them, and by manifests with several layers. */
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { splitGguf } from '../gguf/testdata/split-model.ts';
import { text, tinyModel } from '../gguf/testdata/tiny-model.ts';
import { writeGguf } from '../gguf/writer.ts';
import { silentLogger } from '../log.ts';
import { createRegistry } from '../registry/registry.ts';
import { type FakeHub, serveHub } from '../registry/testdata/fake-hub.ts';
import { end, FakeRegistry } from '../registry/testdata/fake-registry.ts';
import type { Registry } from '../registry/types.ts';
import { digestOf } from '../store/digest.ts';
import { type TestLibrary, temporaryLibrary } from './testdata/test-library.ts';
import type { Progress } from './types.ts';

const never = new AbortController().signal;
const repository = 'user/repo';
const jinja = '{% for m in messages %}{{ m.content }}{% endfor %}';

let folder: string;
let fake: FakeRegistry;
let hub: FakeHub;
let parts: Buffer[];
let model: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cria-hub-'));
  const whole = path.join(folder, 'm-Q8_0.gguf');
  await writeGguf(whole, tinyModel({ 'tokenizer.chat_template': text(jinja) }));
  const paths = await splitGguf(whole, folder, { sizes: [0, 2] });
  parts = paths.map((file) => readFileSync(file));
  fake = await FakeRegistry.start();
  hub = serveHub(fake, repository, {
    '.gitattributes': Buffer.from('*.gguf filter=lfs'),
    'README.md': Buffer.from('# Model'),
    'Q8_0/m-Q8_0-00003-of-00003.gguf': part(2),
    'Q8_0/m-Q8_0-00001-of-00003.gguf': part(0),
    'Q8_0/m-Q8_0-00002-of-00003.gguf': part(1),
    'mmproj-F16.gguf': await projector(),
    system: Buffer.from('You are split.'),
    params: Buffer.from('{"temperature": 0.5}'),
  });
  model = `${fake.host}/${repository}:q8_0`;
});
afterEach(() => rm(folder, { recursive: true }));

function part(index: number): Buffer {
  return parts[index] ?? Buffer.alloc(0);
}

async function projector(): Promise<Buffer> {
  const file = path.join(folder, 'mmproj.gguf');
  await writeGguf(file, { metadata: [['general.architecture', text('clip')]], tensors: [] });
  return readFile(file);
}

async function setUp(): Promise<TestLibrary> {
  let real: Registry | undefined;
  const test = await temporaryLibrary({
    registry: {
      open: (remote) => {
        real ??= createRegistry({
          paths: test.store.paths,
          blobs: test.store.blobs,
          stateDir: test.root,
          proxy: { http: '', https: '', none: [] },
          privateHosts: ['localhost'],
          userAgent: 'test',
          log: silentLogger,
          settings: { backoffMs: 1 },
        });
        return real.open(remote);
      },
    },
  });
  onTestFinished(async () => {
    await real?.close();
    await test.remove();
  });
  return test;
}

async function pull({ library }: TestLibrary, name = model): Promise<Progress[]> {
  const items: Progress[] = [];
  for await (const item of library.pull({ model: name, insecure: true }, { signal: never })) items.push(item);
  return items;
}

/** Nothing of a model is visible, and no blob of it is left. */
async function expectNothing({ store }: TestLibrary): Promise<void> {
  expect(await store.manifests.list()).toEqual([]);
  const names = await readdir(store.paths.blobs).catch(() => []);
  expect(names.filter((name) => name.startsWith('sha256-'))).toEqual([]);
}

describe('a split model of a hub', () => {
  it('is pulled whole, with what its repository brings', async () => {
    const test = await setUp();
    const items = await pull(test);
    const statuses = items.map(({ status }) => status).filter((status, i, all) => status !== all[i - 1]);
    const pulling = (bytes: Buffer): string => `pulling ${digestOf(bytes).slice(7, 19)}`;
    expect(statuses).toEqual([
      'pulling manifest',
      ...parts.map(pulling),
      pulling(await projector()),
      'verifying sha256 digest',
      'writing manifest',
      'success',
    ]);
    const [stored] = await test.store.catalog.list();
    if (stored === undefined || 'problem' in stored.run) throw new Error('no usable model');
    const { furtherPaths, system, parameters, projectorPaths, details, totalSizeBytes } = stored.run.model;
    expect(stored.displayName).toBe(model);
    expect(furtherPaths).toHaveLength(2);
    expect(projectorPaths).toHaveLength(1);
    expect(system).toBe('You are split.');
    expect(parameters).toEqual({ temperature: 0.5 });
    expect(details).toMatchObject({ format: 'gguf', family: 'llama', parameterSize: '1K' });
    expect(totalSizeBytes).toBeGreaterThan(parts.reduce((sum, { length }) => sum + length, 0));
    // What stands elsewhere was found by redirects, which carry no credentials and none of the texts.
    expect(fake.requests('GET', '/storage/')).toHaveLength(4);
    expect(fake.requests('GET', '/blobs/')).toEqual([]);
  });

  it('is the same when it is pulled again, and nothing large is fetched', async () => {
    const test = await setUp();
    await pull(test);
    const [before] = await test.library.list();
    fake.seen.length = 0;
    expect((await pull(test)).at(-1)).toEqual({ status: 'success' });
    expect(fake.requests('GET', '/storage/')).toEqual([]);
    const [after] = await test.library.list();
    expect(after?.digest).toBe(before?.digest);
  });

  it('is fetched once for two who pull it together', async () => {
    const test = await setUp();
    const both = await Promise.all([pull(test), pull(test)]);
    for (const items of both) expect(items.at(-1)).toEqual({ status: 'success' });
    expect(fake.requests('GET', '/storage/')).toHaveLength(4);
    expect(await test.library.list()).toHaveLength(1);
  });

  it.each([
    'The specified repository contains sharded GGUF. Ollama does not support this yet.',
    'This repository only contains sharded GGUF files. Ollama does not yet support pulling sharded GGUF via the registry',
  ])('is found behind another wording: %s', async (error) => {
    hub.refusal = { status: 400, body: JSON.stringify({ error }) };
    const test = await setUp();
    expect((await pull(test, `${fake.host}/${repository}`)).at(-1)).toEqual({ status: 'success' });
  });

  it.each([
    { status: 400, body: '{"error":"The specified tag is not a valid quantization scheme."}' },
    { status: 404, body: 'sharded' },
  ])('is not looked for after another error: $body', async (refusal) => {
    hub.refusal = refusal;
    const test = await setUp();
    await expect(pull(test)).rejects.toThrow(/^pull model manifest: (400: |file does not exist)/);
    expect(fake.requests('GET', '/api/')).toEqual([]);
  });

  it.each<[string, () => void, RegExp]>([
    [
      'a part is missing',
      () => hub.files.delete('Q8_0/m-Q8_0-00002-of-00003.gguf'),
      /^pull model manifest: part 2 of 3 of Q8_0\/m-Q8_0 is missing from user\/repo$/,
    ],
    [
      'parts are in the wrong places',
      () => {
        hub.files.set('Q8_0/m-Q8_0-00002-of-00003.gguf', part(2));
        hub.files.set('Q8_0/m-Q8_0-00003-of-00003.gguf', part(1));
      },
      /file 2 of 3 is part 3 of 3/,
    ],
    [
      'a part is there twice',
      () => hub.files.set('Q8_0/m-Q8_0-00003-of-00003.gguf', part(1)),
      /^pull model manifest: two parts of the weights are the same file$/,
    ],
    [
      'a part is no GGUF',
      () => hub.files.set('Q8_0/m-Q8_0-00001-of-00003.gguf', Buffer.from('a pointer')),
      /invalid GGUF/,
    ],
    [
      'there is no other quantization',
      () => {
        model = `${fake.host}/${repository}:Q2_K`;
      },
      /^pull model manifest: user\/repo has no "Q2_K"; it has Q8_0$/,
    ],
    [
      'the parameters are none',
      () => hub.files.set('params', Buffer.from('[1]')),
      /"params" of the repository is not a JSON object/,
    ],
    [
      'a text is another than the list says',
      () => {
        hub.changeTree = (entries) =>
          entries.map((entry) => (entry.path === 'system' ? { ...entry, size: 3 } : entry));
      },
      /user\/repo sent another "system" than it lists/,
    ],
    [
      'a digest is missing',
      () => {
        hub.changeTree = (entries) => entries.map(({ lfs, ...entry }) => entry);
      },
      /does not tell the sha256/,
    ],
    [
      'the list never ends',
      () => {
        hub.changeTree = (entries) => Array.from({ length: 1000 }, () => entries[0]);
      },
      /more than 32 pages of files/,
    ],
    ['the list is none', () => serveNoList(), /no valid list of files/],
  ])('is refused when %s, and nothing stays', async (_name, change, message) => {
    change();
    const test = await setUp();
    await expect(pull(test)).rejects.toThrow(message);
    await expectNothing(test);
  });

  function serveNoList(): void {
    const { hook } = fake;
    fake.hook = (request, response, incoming) => {
      if (!request.path.startsWith('/api/')) return hook(request, response, incoming);
      end(response, 200, '{}');
      return true;
    };
  }

  it('is not fetched from a private address that nobody named', async () => {
    hub.storage = `http://127.0.0.2:${fake.port}`;
    const test = await setUp();
    await expect(pull(test)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await test.store.manifests.list()).toEqual([]);
  });
});

describe('a manifest with several layers of weights', () => {
  /** Makes the registry have a model of these layers. */
  function serve(weights: readonly Buffer[]): void {
    fake.hook = () => false;
    const layers = weights.map((bytes) => ({
      mediaType: 'application/vnd.ollama.image.model',
      digest: fake.addBlob(bytes),
      size: bytes.length,
    }));
    const config = Buffer.from('{"model_format":"gguf","model_family":"llama"}\n');
    fake.manifests.set(
      'latest',
      Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          config: { mediaType: 'c', digest: fake.addBlob(config), size: config.length },
          layers,
        }),
      ),
    );
    model = `${fake.host}/library/m`;
  }

  it('is one model when they are its parts; it can be copied, pushed, pulled and deleted', async () => {
    serve(parts);
    const test = await setUp();
    await pull(test);
    const copy = `${fake.host}/library/copy`;
    await test.library.copy(model, copy);
    fake.blobs.clear();
    for await (const _ of test.library.push({ model: copy, insecure: true }, { signal: never }));
    expect(fake.blobs.size).toBe(parts.length + 1);
    const other = await setUp();
    await pull(other, copy);
    const [pulled] = await other.store.catalog.list();
    expect(pulled?.run).toMatchObject({ model: { furtherPaths: [{}, {}].map(() => expect.any(String)) } });
    await other.library.remove(copy);
    await expectNothing(other);
  });

  it.each<[string, () => Buffer[], RegExp, number]>([
    ['a part is missing', () => [part(0), part(1)], /file 1 of 2 is part 1 of 3/, 1],
    ['their order is wrong', () => [part(0), part(2), part(1)], /file 2 of 3 is part 3 of 3/, 2],
    ['a part is there twice', () => [part(0), part(1), part(1)], /two parts of the weights are the same/, 0],
    ['one is no part', () => [part(0), part(1), readWhole()], /file 3 of 3 is not a part/, 3],
  ])('is refused when %s, as soon as that shows', async (_name, weights, message, fetched) => {
    serve(weights());
    const test = await setUp();
    await expect(pull(test)).rejects.toThrow(message);
    expect(fake.requests('GET', '/blobs/')).toHaveLength(fetched);
    await expectNothing(test);
  });

  function readWhole(): Buffer {
    return readFileSync(path.join(folder, 'm-Q8_0.gguf'));
  }
});
