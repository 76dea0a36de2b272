/** Pull and push through the library, against a registry on loopback. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../log.ts';
import { createRegistry } from '../registry/registry.ts';
import { FakeRegistry } from '../registry/testdata/fake-registry.ts';
import type { Registry } from '../registry/types.ts';
import { parseModelName } from '../store/name.ts';
import { type TestLibrary, temporaryLibrary } from './testdata/test-library.ts';
import type { Progress } from './types.ts';

const never = new AbortController().signal;

/** The library's registry needs the library's store, which is made by it. */
async function setUp(options: { noPrune?: boolean } = {}): Promise<TestLibrary> {
  let real: Registry | undefined;
  const open: Registry['open'] = (model) => {
    real ??= createRegistry({
      paths: test.store.paths,
      blobs: test.store.blobs,
      stateDir: test.root,
      proxy: { http: '', https: '', none: [] },
      privateHosts: [],
      userAgent: 'test',
      log: silentLogger,
      settings: { backoffMs: 1 },
    });
    return real.open(model);
  };
  const test = await temporaryLibrary({ ...options, registry: { open } });
  onTestFinished(async () => {
    await real?.close();
    await test.remove();
  });
  return test;
}

async function collect(progress: AsyncIterable<Progress>): Promise<Progress[]> {
  const items: Progress[] = [];
  for await (const item of progress) items.push(item);
  return items;
}

/** Statuses without repetitions. */
function statuses(items: readonly Progress[]): string[] {
  return items.map(({ status }) => status).filter((status, i, all) => status !== all[i - 1]);
}

/** A registry that has the model `m`, and the library that pushed it. */
async function pushed(): Promise<{
  fake: FakeRegistry;
  source: TestLibrary;
  model: string;
  items: Progress[];
}> {
  const fake = await FakeRegistry.start();
  const source = await setUp();
  const model = `${fake.host}/library/m`;
  await source.addModel(model, { layers: [['system', 'You are.']], from: `${fake.host}/other/base:x` });
  const items = await collect(source.library.push({ model, insecure: true }, { signal: never }));
  return { fake, source, model, items };
}

describe('push', () => {
  it('sends layers, config and manifest, in this order', async () => {
    const { fake, items, model, source } = await pushed();
    expect(statuses(items)).toEqual([
      'retrieving manifest',
      expect.stringMatching(/^pushing [0-9a-f]{12}$/),
      expect.stringMatching(/^pushing [0-9a-f]{12}$/),
      expect.stringMatching(/^pushing [0-9a-f]{12}$/),
      'pushing manifest',
      'success',
    ]);
    expect(fake.requests('POST')[0]?.query.get('from')).toBe('other/base');
    expect(fake.requests('POST')[1]?.query.get('from')).toBeNull();
    const entry = await source.store.catalog.locate(parseModelName(model));
    expect(entry).toBeDefined();
    if (entry !== undefined)
      expect(fake.manifests.get('latest')?.equals((await source.store.manifests.read(entry)).bytes)).toBe(
        true,
      );
  });

  it('sends nothing twice', async () => {
    const { fake, source, model } = await pushed();
    fake.seen.length = 0;
    const items = await collect(source.library.push({ model, insecure: true }, { signal: never }));
    expect(fake.requests('POST')).toEqual([]);
    const blobs = items.filter(({ digest }) => digest !== undefined);
    expect(blobs).toHaveLength(3);
    for (const { total, completed } of blobs) expect(completed).toBe(total);
  });

  it('fails for a model that is not there', async () => {
    const { library } = await setUp();
    const push = library.push({ model: 'nobody', insecure: false }, { signal: never });
    await expect(collect(push)).rejects.toMatchObject({ code: 'model_not_found' });
    expect(() => library.push({ model: '', insecure: false }, { signal: never })).toThrow(
      'model is required',
    );
  });
});

describe('pull', () => {
  it('makes the same model, byte for byte, statuses in Ollama’s order', async () => {
    const { fake, model, source } = await pushed();
    const target = await setUp();
    const items = await collect(target.library.pull({ model, insecure: true }, { signal: never }));
    expect(statuses(items)).toEqual([
      'pulling manifest',
      expect.stringMatching(/^pulling [0-9a-f]{12}$/),
      expect.stringMatching(/^pulling [0-9a-f]{12}$/),
      expect.stringMatching(/^pulling [0-9a-f]{12}$/),
      'verifying sha256 digest',
      'writing manifest',
      'success',
    ]);
    const [before, after] = [await source.library.list(), await target.library.list()];
    expect(after.map(({ name, digest }) => [name, digest])).toEqual(
      before.map(({ name, digest }) => [name, digest]),
    );

    fake.seen.length = 0;
    const again = await collect(target.library.pull({ model, insecure: true }, { signal: never }));
    expect(statuses(again)).toEqual(statuses(items));
    expect(fake.requests('GET')).toHaveLength(1);
  });

  it('shares its work with another pull of the same model', async () => {
    const { fake, model } = await pushed();
    const target = await setUp();
    fake.seen.length = 0;
    const pulls = [1, 2, 3].map(() =>
      collect(target.library.pull({ model, insecure: true }, { signal: never })),
    );
    for (const items of await Promise.all(pulls)) expect(items.at(-1)).toEqual({ status: 'success' });
    expect(fake.requests('GET', '/blobs/')).toHaveLength(3);
  });

  it.each([true, false])(
    'removes layers that the new version does not need (unless OLLAMA_NOPRUNE): %s',
    async (noPrune) => {
      const { fake, model, source } = await pushed();
      const target = await setUp({ noPrune });
      await collect(target.library.pull({ model, insecure: true }, { signal: never }));
      const [old] = (await target.library.list()).map(({ digest }) => digest);
      await source.addModel(model, { layers: [['system', 'You are new.']] });
      await collect(source.library.push({ model, insecure: true }, { signal: never }));
      const items = await collect(target.library.pull({ model, insecure: true }, { signal: never }));
      expect(items.some(({ status }) => status === 'removing unused layers')).toBe(!noPrune);
      const system = [...fake.blobs].find(([, bytes]) => bytes.toString() === 'You are.')?.[0] ?? '';
      expect(await target.library.hasBlob(system)).toBe(noPrune);
      expect((await target.library.list())[0]?.digest).not.toBe(old);
    },
  );

  const manifestOf = (layers: unknown): string => JSON.stringify({ schemaVersion: 2, layers });
  const layer = {
    mediaType: 'application/vnd.ollama.image.model',
    digest: `sha256:${'a'.repeat(64)}`,
    size: 5,
  };
  it.each<[string, string, RegExp]>([
    ['no JSON', '<html>', /^pull model manifest: the manifest is not JSON/],
    ['a list', '[]', /^pull model manifest: the manifest is not a JSON object/],
    ['a digest that is a path', manifestOf([{ ...layer, digest: 'sha256:../../x' }]), /no valid digest/],
    ['a negative size', manifestOf([{ ...layer, size: -1 }]), /no valid size/],
    ['a size beyond reason', manifestOf([{ ...layer, size: 2 ** 53 }]), /no valid size/],
    ['a size beyond the disk', manifestOf([{ ...layer, size: 2 ** 52 }]), /^no space left on device/],
    ['layers that are no list', manifestOf({ 0: layer }), /no proper list/],
    [
      'tensors',
      manifestOf([{ ...layer, mediaType: 'application/vnd.ollama.image.tensor' }]),
      /requires MLX support/,
    ],
    ['a blob that is missing', manifestOf([layer]), /^file does not exist$/],
  ])('refuses a manifest with %s and writes none', async (_name, text, message) => {
    const fake = await FakeRegistry.start();
    fake.manifests.set('latest', Buffer.from(text));
    const target = await setUp();
    const pull = target.library.pull({ model: `${fake.host}/library/m`, insecure: true }, { signal: never });
    await expect(collect(pull)).rejects.toThrow(message);
    expect(await target.library.list()).toEqual([]);
  });

  it('refuses blobs with another content, and writes no manifest', async () => {
    const { fake, model } = await pushed();
    for (const digest of fake.blobs.keys())
      fake.blobs.set(digest, Buffer.alloc(fake.blobs.get(digest)?.length ?? 0));
    const target = await setUp();
    const pull = target.library.pull({ model, insecure: true }, { signal: never });
    await expect(collect(pull)).rejects.toMatchObject({ code: 'digest_mismatch' });
    expect(await target.library.list()).toEqual([]);
  });

  it.each([
    ['', 'invalid_model_name'],
    ['a b', 'invalid_model_name'],
    ['m:cloud:local', 'bad_request'],
    ['m:cloud', 'forbidden'],
  ])('does not start for the name %j', async (model, code) => {
    const { library } = await setUp();
    expect(() => library.pull({ model, insecure: false }, { signal: never })).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('ends when it is cancelled', async () => {
    const { fake, model } = await pushed();
    fake.hook = ({ path }) => path.includes('/blobs/');
    const target = await setUp();
    const controller = new AbortController();
    const items: Progress[] = [];
    const pull = async (): Promise<void> => {
      for await (const item of target.library.pull(
        { model, insecure: true },
        { signal: controller.signal },
      )) {
        items.push(item);
        if (item.digest !== undefined) controller.abort();
      }
    };
    await expect(pull()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await target.library.list()).toEqual([]);
  });
});
