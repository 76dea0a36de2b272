/** Creating models from several files. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { splitKeys } from '../../gguf/testdata/split-model.ts';
import { tinyMetadata, tinyTensors, uint32 } from '../../gguf/testdata/tiny-model.ts';
import type { GgufWriteValue } from '../../gguf/types.ts';
import { type GgufWriteTensor, writeGguf } from '../../gguf/writer.ts';
import { digestOf } from '../../store/digest.ts';
import { type TestLibrary, temporaryLibrary } from '../testdata/test-library.ts';

let test: TestLibrary;
let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'cria-split-'));
  test = await temporaryLibrary();
});
afterEach(async () => {
  await test.remove();
  await rm(dir, { recursive: true });
});

type Changes = Readonly<Record<string, GgufWriteValue | undefined>>;

const tensors: readonly GgufWriteTensor[] = tinyTensors.map((tensor, i) => ({
  ...tensor,
  data: new Uint8Array((tensor.data as Uint8Array).byteLength).fill(i + 1),
}));

/** Uploads part `index` of `count`; `changes` are made to its metadata. */
async function part(index: number, count: number, changes: Changes = {}): Promise<string> {
  return test.upload(await readFile(await partFile(index, count, changes)));
}

async function partFile(index: number, count: number, changes: Changes = {}): Promise<string> {
  const split: Record<string, GgufWriteValue | undefined> = {
    ...Object.fromEntries(splitKeys(index, count, tensors.length)),
    ...changes,
  };
  const content =
    index === 0
      ? {
          metadata: tinyMetadata({ 'general.alignment': uint32(64), ...split }),
          tensors: tensors.slice(0, 2),
        }
      : {
          metadata: Object.entries(split).flatMap(([key, value]) =>
            value === undefined ? [] : [[key, value] as const],
          ),
          tensors: index === 1 ? tensors.slice(2) : [],
        };
  const file = path.join(dir, `${index}-of-${count}.gguf`);
  await writeGguf(file, content);
  return file;
}

/** The digest of a file's content, as the only element. */
async function nameOf(file: string): Promise<string[]> {
  return [digestOf(await readFile(file))];
}

describe('a split model', () => {
  it('keeps its files, in their order, and is described as a whole', async () => {
    const digests = [await part(0, 2), await part(1, 2)];
    const statuses = await test.create({
      files: { 'm-00002-of-00002.gguf': digests[1] ?? '', 'm-00001-of-00002.gguf': digests[0] ?? '' },
    });
    expect(statuses.map((status) => status.replace(/sha256:.*/, '…'))).toEqual([
      'parsing GGUF',
      'parsing GGUF',
      'using existing layer …',
      'using existing layer …',
      'writing manifest',
      'success',
    ]);
    const [model] = await test.store.catalog.list();
    if (model === undefined || 'problem' in model.run) throw new Error('no usable model');
    expect(model.manifest.layers.map(({ digest }) => digest)).toEqual(digests);
    const sizes = model.manifest.layers.map(({ size }) => size);
    expect(model.run.model.gguf.sizeBytes).toBe(sizes.reduce((sum, size) => sum + size));
    expect([model.run.model.modelPath, ...model.run.model.furtherPaths]).toEqual(model.modelPaths);
    expect(model.details.parameterSize).toBe('1K');
    const shown = await test.library.show({ model: 'new', system: '', verbose: false, options: {} });
    expect(shown.tensors.map(({ name }) => name)).toEqual(tensors.map(({ name }) => name));
    expect(Object.keys(shown.modelInfo).filter((key) => key.startsWith('split.'))).toEqual([]);
    expect(shown.modelInfo['general.parameter_count']).toBe(1280);
  });

  it('comes back from the Modelfile that is shown, and as the base of another model', async () => {
    await test.create({
      model: 'first',
      files: { 'm-00001-of-00002.gguf': await part(0, 2), 'm-00002-of-00002.gguf': await part(1, 2) },
    });
    const { modelfile } = await test.library.show({
      model: 'first',
      system: '',
      verbose: false,
      options: {},
    });
    const paths = [...modelfile.matchAll(/^FROM (.*)$/gm)].map(([, file = '']) => path.basename(file));
    expect(paths).toHaveLength(2);
    await test.create({
      model: 'second',
      files: Object.fromEntries(paths.map((name) => [name, name.replace('-', ':')])),
    });
    await test.create({ model: 'third', from: 'second', system: 'You are.' });
    const models = await test.store.catalog.list();
    const weights = models.map(({ modelPaths }) => modelPaths.map((file) => path.basename(file)));
    expect(weights).toEqual([paths, paths, paths]);
  });

  it('is quantized from names that tell llama.cpp the parts, which are gone afterwards', async () => {
    const seen: string[] = [];
    const quantizing = await temporaryLibrary({
      quantize: async function* ({ source, target }) {
        for (const i of [1, 2]) seen.push(...(await nameOf(source.replace('-00001-', `-0000${i}-`))));
        await writeGguf(target, { metadata: tinyMetadata({ 'general.file_type': uint32(7) }), tensors });
        yield 'token_embd.weight';
      },
    });
    try {
      const files = {
        'm-00001-of-00002.gguf': await quantizing.upload(await readFile(await partFile(0, 2))),
        'm-00002-of-00002.gguf': await quantizing.upload(await readFile(await partFile(1, 2))),
      };
      await quantizing.create({ model: 'parts', files });
      await quantizing.create({ model: 'a', files, quantize: 'Q8_0' });
      await quantizing.create({ model: 'b', from: 'parts', quantize: 'Q8_0' });
      expect(seen).toEqual([...Object.values(files), ...Object.values(files)]);
      const models = await quantizing.store.catalog.list();
      const counts = models.map(({ displayName, modelPaths }) => [displayName, modelPaths.length]);
      expect(counts.sort()).toEqual([
        ['a:latest', 1],
        ['b:latest', 1],
        ['parts:latest', 2],
      ]);
      const left = await readdir(path.join(quantizing.root, 'blobs'));
      expect(left.filter((name) => name.endsWith('.gguf'))).toEqual([]);
    } finally {
      await quantizing.remove();
    }
  });

  it.each<[string, () => Promise<Record<string, string>>, string]>([
    [
      'a name without a number',
      async () => ({ 'm.gguf': await part(0, 2) }),
      'split GGUF "m.gguf" must use llama.cpp split filename pattern',
    ],
    [
      'another count in the name',
      async () => ({ 'm-00001-of-00003.gguf': await part(0, 2) }),
      'split GGUF "m-00001-of-00003.gguf" filename count 3 does not match metadata count 2',
    ],
    [
      'no place',
      async () => ({ 'm-00001-of-00002.gguf': await part(0, 2, { 'split.no': undefined }) }),
      'split GGUF "m-00001-of-00002.gguf" is missing split.no metadata',
    ],
    [
      'another place in the name',
      async () => ({ 'm-00002-of-00002.gguf': await part(0, 2) }),
      'split GGUF "m-00002-of-00002.gguf" filename index 1 does not match metadata index 0',
    ],
    [
      'a place behind the end',
      async () => ({ 'm-00003-of-00002.gguf': await part(2, 2) }),
      'split GGUF "m-00003-of-00002.gguf" has invalid shard index 2',
    ],
    [
      'no first part',
      async () => ({ 'm-00002-of-00002.gguf': await part(1, 2) }),
      'split GGUF is missing first shard',
    ],
    [
      'a part that is missing',
      async () => ({ 'm-00001-of-00003.gguf': await part(0, 3), 'm-00003-of-00003.gguf': await part(2, 3) }),
      'split GGUF "m-00001-of-00003.gguf" is missing shard 2',
    ],
    [
      'a tensor in two parts',
      async () => {
        const doubled = { 'm-00001-of-00002.gguf': await part(0, 2) };
        const file = path.join(dir, 'doubled.gguf');
        await writeGguf(file, { metadata: splitKeys(1, 2, tensors.length), tensors: tensors.slice(0, 1) });
        return { ...doubled, 'm-00002-of-00002.gguf': await test.upload(await readFile(file)) };
      },
      'invalid GGUF: tensor "token_embd.weight" occurs in two parts',
    ],
    [
      'parts of two models',
      async () => ({
        'm-00001-of-00002.gguf': await part(0, 2),
        'm-00002-of-00002.gguf': await part(1, 2, { 'split.tensors.count': { type: 'int32', value: 9 } }),
      }),
      'invalid GGUF: its parts have 3 tensors, not 9 as one of them says',
    ],
  ])('is refused with %s', async (_name, files, message) => {
    await expect(test.create({ files: await files() })).rejects.toMatchObject({
      code: 'conversion_failed',
      message,
    });
    expect(await test.store.manifests.list()).toEqual([]);
  });
});
