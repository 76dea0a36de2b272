import { readdir, readFile, utimes } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../store/digest.ts';
import { parseModelName } from '../store/name.ts';
import type { ResolvedModel } from '../types/model.ts';
import { type TestLibrary, temporaryLibrary } from './testdata/test-library.ts';

let test: TestLibrary;
beforeEach(async () => {
  test = await temporaryLibrary();
});
afterEach(() => test.remove());

const names = async (): Promise<string[]> => (await test.library.list()).map((model) => model.name);
const blobNames = (): Promise<string[]> => readdir(test.store.paths.blobs);

describe('list', () => {
  it('is empty at first', async () => {
    expect(await test.library.list()).toEqual([]);
  });

  it('lists newest first, by name within a second, and sees what others add', async () => {
    for (const [name, time] of [
      ['b', 2000.9],
      ['a', 2000.1],
      ['new', 3000],
      ['old', 1000],
    ] as const) {
      await test.addModel(name);
      await utimes(test.store.paths.manifest(parseModelName(name)), time, time);
    }
    expect(await names()).toEqual(['new:latest', 'a:latest', 'b:latest', 'old:latest']);
    await test.addModel('outside');
    expect((await names())[0]).toBe('outside:latest');
  });

  it('gives the same object until a model changes', async () => {
    await test.addModel('a');
    await test.addModel('b');
    const before = await test.library.list();
    expect(before).toHaveLength(2);
    const again = await test.library.list();
    expect(again.every((model) => before.includes(model))).toBe(true);
    await test.addModel('a', { layers: [['system', 'new']] });
    const changed = (await test.library.list()).filter((model) => !before.includes(model));
    expect(changed.map(({ name }) => name)).toEqual(['a:latest']);
  });

  it('tells size, digest, details and capabilities', async () => {
    await test.addModel('a', { from: 'p:1', layers: [['system', 'sys']] });
    const [model] = await test.library.list();
    const manifest = await readFile(test.store.paths.manifest(parseModelName('a')));
    const sizes = JSON.parse(manifest.toString());
    expect(model).toEqual({
      name: 'a:latest',
      digest: digestOf(manifest).slice(7),
      modifiedAt: expect.any(Date),
      sizeBytes: sizes.config.size + sizes.layers[0].size + 3,
      details: {
        parentModel: 'p:1',
        format: 'gguf',
        family: 'llama',
        families: null,
        parameterSize: '',
        quantizationLevel: 'F32',
        contextLength: 128,
        embeddingLength: 32,
      },
      capabilities: ['completion'],
    });
  });

  it('lists loaded models, the one that stays longest first', async () => {
    await test.addModel('a', { from: 'p:1' });
    const model = await test.store.resolver.resolve('a');
    const resident = (displayName: string, expiresAt: number) => ({
      model: { ...model, displayName } satisfies ResolvedModel,
      sizeBytes: 10,
      sizeVramBytes: 4,
      nCtx: 64,
      nSlots: 2,
      expiresAt: new Date(expiresAt),
      isLoading: false,
    });
    test.residents.push(resident('soon:latest', 1000), resident('later:latest', 5000));
    const loaded = test.library.listLoaded();
    expect(loaded.map((item) => item.name)).toEqual(['later:latest', 'soon:latest']);
    expect(loaded[0]).toEqual({
      name: 'later:latest',
      digest: model.manifestDigest,
      sizeBytes: 10,
      sizeVramBytes: 4,
      details: { ...model.details, parentModel: '' },
      expiresAt: new Date(5000),
      nCtx: 64,
    });
  });
});

describe('copy', () => {
  it('gives a second name to the same bytes', async () => {
    await test.addModel('a');
    const before = await blobNames();
    await test.library.copy('A', 'me/b:2');
    const [one, two] = await test.library.list();
    expect(one?.digest).toBe(two?.digest);
    expect((await names()).sort()).toEqual(['a:latest', 'me/b:2']);
    expect(await blobNames()).toEqual(before);
  });

  it('replaces a destination, keeping its casing, and does nothing onto itself', async () => {
    await test.addModel('a', { layers: [['system', 'new']] });
    await test.addModel('Big');
    await test.library.copy('a', 'BIG');
    expect((await test.store.resolver.resolve('big')).system).toBe('new');
    await test.library.copy('a', 'A:LATEST');
    expect((await names()).sort()).toEqual(['Big:latest', 'a:latest']);
  });

  it.each([
    ['../x', 'b', 'bad_request', 'source "../x" is invalid'],
    ['', 'b', 'bad_request', 'source "" is invalid'],
    ['a', '../../x', 'bad_request', 'destination "../../x" is invalid'],
    ['none', 'b', 'model_not_found', 'model "none" not found'],
  ])('%j to %j: %s', async (source, destination, code, message) => {
    await test.addModel('a');
    await expect(test.library.copy(source, destination)).rejects.toMatchObject({ code, message });
    expect(await names()).toEqual(['a:latest']);
  });
});

describe('remove', () => {
  it('deletes the model and the blobs that nobody else needs', async () => {
    await test.addModel('a', {
      layers: [
        ['system', 'mine'],
        ['license', 'shared'],
      ],
    });
    await test.addModel('b', { layers: [['license', 'shared']] });
    await test.library.remove('A');
    expect(await names()).toEqual(['b:latest']);
    expect(await test.store.blobs.stat(digestOf(Buffer.from('mine')))).toBeUndefined();
    expect(await test.store.blobs.stat(digestOf(Buffer.from('shared')))).toBeDefined();
    await test.store.resolver.resolve('b');
    await test.library.remove('b');
    expect(await blobNames()).toEqual([]);
    expect(await readdir(test.store.paths.manifests)).toEqual([]);
  });

  it('deletes models that cannot be read', async () => {
    await test.addModel('text', { layers: [['params', 'nothing']] });
    await test.store.manifests.write(parseModelName('manifest'), Buffer.from('{'));
    await test.library.remove('text');
    await test.library.remove('manifest');
    expect(await test.store.manifests.list()).toEqual([]);
  });

  it('tolerates blobs that are missing', async () => {
    await test.addModel('a');
    await test.store.blobs.remove(digestOf(await test.gguf()));
    await test.library.remove('a');
    expect(await names()).toEqual([]);
  });

  it('deletes entries of cloud models by either spelling', async () => {
    const spec = { gguf: null, config: { remote_host: 'h', remote_model: 'm' } };
    await test.addModel('m:cloud', spec);
    await test.addModel('m:20b-cloud', spec);
    await test.library.remove('m:cloud');
    await test.library.remove('m:20b:cloud');
    expect(await names()).toEqual([]);
  });

  it.each([
    ['', 'bad_request', 'model is required'],
    ['../x', 'bad_request', 'name "../x" is invalid'],
    ['m:cloud:local', 'bad_request', 'use either :local or :cloud, not both: "m:cloud:local"'],
    ['none', 'model_not_found', "model 'none' not found"],
  ])('%j: %s', async (name, code, message) => {
    await expect(test.library.remove(name)).rejects.toMatchObject({ code, message });
  });
});

describe('blobs', () => {
  const bytes = Buffer.from('bytes');
  const { signal } = new AbortController();

  it('stores a body once', async () => {
    const digest = digestOf(bytes);
    expect(await test.library.hasBlob(digest)).toBe(false);
    expect(await test.library.putBlob(digest, Readable.from([bytes]), { signal })).toEqual({
      existed: false,
    });
    expect(await test.library.hasBlob(digest.replace(':', '-').toUpperCase())).toBe(true);
    const unread = Readable.from([bytes]);
    expect(await test.library.putBlob(digest, unread, { signal })).toEqual({ existed: true });
    expect(unread.readableDidRead).toBe(false);
  });

  it('refuses other bytes and other digests', async () => {
    const other = `sha256:${'0'.repeat(64)}`;
    await expect(test.library.putBlob(other, Readable.from([bytes]), { signal })).rejects.toMatchObject({
      code: 'digest_mismatch',
    });
    await expect(test.library.putBlob('sha256:..', Readable.from([bytes]), { signal })).rejects.toMatchObject(
      { code: 'invalid_digest' },
    );
    await expect(test.library.hasBlob('../x')).rejects.toMatchObject({
      code: 'invalid_digest',
      message: 'invalid digest format',
    });
    expect(await blobNames()).toEqual([]);
  });
});
