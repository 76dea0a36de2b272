/** Merging the files of a split model. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readGgufHeader } from '../../gguf/reader.ts';
import { text, tinyMetadata, tinyTensors, uint32 } from '../../gguf/testdata/tiny-model.ts';
import type { GgufWriteValue } from '../../gguf/types.ts';
import { type GgufWriteTensor, writeGguf } from '../../gguf/writer.ts';
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

/** Numbers in the data tell whether everything comes through in its place. */
const tensors: readonly GgufWriteTensor[] = tinyTensors.map((tensor, i) => ({
  ...tensor,
  data: new Uint8Array((tensor.data as Uint8Array).byteLength).fill(i + 1),
}));

/** Uploads part `index` of `count`; `changes` are made to its metadata. */
async function part(index: number, count: number, changes: Changes = {}): Promise<string> {
  const split: Record<string, GgufWriteValue | undefined> = {
    'split.no': { type: 'uint16', value: index },
    'split.count': { type: 'uint16', value: count },
    'split.tensors.count': { type: 'int32', value: tensors.length },
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
  return test.upload(await readFile(file));
}

describe('a split model', () => {
  it('becomes one file', async () => {
    const statuses = await test.create({
      files: { 'm-00002-of-00002.gguf': await part(1, 2), 'm-00001-of-00002.gguf': await part(0, 2) },
    });
    expect(statuses.map((status) => status.replace(/sha256:.*/, '…'))).toEqual([
      'parsing GGUF',
      'parsing GGUF',
      'creating new layer …',
      'writing manifest',
      'success',
    ]);
    const [entry] = await test.store.manifests.list();
    if (entry === undefined) throw new Error('no manifest');
    const { manifest } = await test.store.manifests.read(entry);
    const [layer] = manifest.layers;
    if (layer === undefined) throw new Error('no layer');
    const file = test.store.paths.blob(layer.digest);
    const header = await readGgufHeader(file);
    const bytes = await readFile(file);
    expect([...header.metadata.keys()].filter((key) => key.startsWith('split.'))).toEqual([]);
    expect(header.metadata.get('general.name')).toEqual(text('tiny'));
    expect(header.alignment).toBe(64);
    expect(header.tensors.map(({ name }) => name)).toEqual(tensors.map(({ name }) => name));
    header.tensors.forEach(({ offset, sizeBytes }, i) => {
      expect(offset % 64).toBe(0);
      expect(bytes.subarray(offset, offset + sizeBytes).every((byte) => byte === i + 1)).toBe(true);
    });
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
        const metadata = [
          ['split.no', uint32(1)],
          ['split.count', uint32(2)],
        ] as const;
        await writeGguf(file, { metadata, tensors: tensors.slice(0, 1) });
        return { ...doubled, 'm-00002-of-00002.gguf': await test.upload(await readFile(file)) };
      },
      'split GGUF has the tensor "token_embd.weight" twice',
    ],
  ])('is refused with %s', async (_name, files, message) => {
    await expect(test.create({ files: await files() })).rejects.toMatchObject({
      code: 'conversion_failed',
      message,
    });
    expect(await test.store.manifests.list()).toEqual([]);
  });
});
