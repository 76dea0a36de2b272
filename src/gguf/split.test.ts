/** Headers of the parts of one model. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxParts } from './limits.ts';
import { readGgufHeader } from './reader.ts';
import { joinParts, readModelHeader, splitCountOf } from './split.ts';
import { summarizeGguf } from './summary.ts';
import { splitGguf, splitKeys } from './testdata/split-model.ts';
import { tinyModel, tinyTensors, uint32 } from './testdata/tiny-model.ts';
import type { GgufHeader, GgufWriteValue } from './types.ts';
import { writeGguf } from './writer.ts';

let folder: string;
let whole: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cria-gguf-split-'));
  whole = path.join(folder, 'tiny.gguf');
  await writeGguf(whole, tinyModel());
});
afterAll(() => rm(folder, { recursive: true }));

/** The header of a part with one of the tiny model's three tensors; `changes` are made to its place. */
async function part(
  index: number,
  count: number,
  options: { tensor?: number; changes?: Readonly<Record<string, GgufWriteValue | undefined>> } = {},
): Promise<GgufHeader> {
  const file = path.join(folder, 'part.gguf');
  const { tensor = index, changes = {} } = options;
  const keys = new Map(splitKeys(index, count, 3));
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) keys.delete(key);
    else keys.set(key, value);
  }
  await writeGguf(file, { metadata: keys, tensors: tinyTensors.slice(tensor, tensor + 1) });
  return readGgufHeader(file);
}

describe('a model of several parts', () => {
  it.each([{ sizes: [1, 1] }, { sizes: [0, 2] }, { sizes: [3] }])(
    'is read as the file that it was split from: $sizes',
    async (options) => {
      const expected = await readGgufHeader(whole);
      const paths = await splitGguf(whole, folder, options);
      const joined = await readModelHeader(paths);
      expect([...joined.metadata.keys()]).toEqual([...expected.metadata.keys()]);
      const described = ({ tensors }: GgufHeader) =>
        tensors.map(({ name, type, shape, sizeBytes }) => ({ name, type, shape, sizeBytes }));
      expect(described(joined)).toEqual(described(expected));
      expect(await summarizeGguf(joined)).toEqual({
        ...(await summarizeGguf(expected)),
        sizeBytes: joined.fileSizeBytes,
      });
      const sizes = await Promise.all(paths.map(async (file) => (await readGgufHeader(file)).fileSizeBytes));
      expect(joined.fileSizeBytes).toBe(sizes.reduce((sum, size) => sum + size));
    },
  );

  it('is whole with all its parts in their order, and with nothing else', async () => {
    const parts: { index: number; count: number; nTensors: number; header: GgufHeader }[] = [];
    for (const sizes of [[1, 1], [0, 2], [2]])
      for (const [index, file] of (await splitGguf(whole, folder, { sizes })).entries()) {
        const header = await readGgufHeader(file);
        parts.push({ index, count: sizes.length + 1, nTensors: header.tensors.length, header });
      }
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 5 }), (picked) => {
        const headers = picked.map(({ header }) => header);
        const names = new Set(headers.flatMap(({ tensors }) => tensors.map(({ name }) => name)));
        const isWhole =
          picked.every(({ index, count }, i) => index === i && count === picked.length) &&
          names.size === tinyTensors.length &&
          picked.reduce((sum, { nTensors }) => sum + nTensors, 0) === tinyTensors.length;
        if (isWhole) expect(joinParts(headers).tensors).toHaveLength(tinyTensors.length);
        else expect(() => joinParts(headers)).toThrow(/^invalid GGUF: /);
      }),
      { numRuns: 2000 },
    );
  });

  it('may have one part only', async () => {
    const header = await readGgufHeader(whole);
    expect(joinParts([header])).toBe(header);
    expect(splitCountOf(header)).toBe(1);
    const file = path.join(folder, 'one.gguf');
    await writeGguf(file, { ...tinyModel({ 'split.count': { type: 'uint16', value: 1 } }) });
    expect(splitCountOf(await readModelHeader([file]))).toBe(1);
  });

  it('has no more parts than can be open at once', async () => {
    const paths = new Array<string>(maxParts + 1).fill(whole);
    await expect(readModelHeader(paths)).rejects.toThrow(`it has ${maxParts + 1} parts`);
  });

  it.each<[string, () => Promise<GgufHeader[]>, RegExp]>([
    ['a part alone', async () => [await part(0, 3)], /file 1 of 1 is part 1 of 3/],
    [
      'a part that is missing',
      async () => [await part(0, 3), await part(1, 3)],
      /file 1 of 2 is part 1 of 3/,
    ],
    [
      'a wrong order',
      async () => [await part(0, 3), await part(2, 3), await part(1, 3)],
      /file 2 of 3 is part 3 of 3/,
    ],
    [
      'a part twice',
      async () => [await part(0, 3), await part(1, 3), await part(1, 3, { tensor: 2 })],
      /file 3 of 3 is part 2 of 3/,
    ],
    [
      'a part of a model with another number of parts',
      async () => [await part(0, 3), await part(1, 4), await part(2, 3)],
      /file 2 of 3 is part 2 of 4/,
    ],
    [
      'a part of another model',
      async () => [await part(0, 3), await part(1, 3, { tensor: 0 }), await part(2, 3)],
      /tensor "token_embd.weight" occurs in two parts/,
    ],
    [
      'tensors that are missing',
      async () => [await part(0, 3), await part(1, 3), await part(2, 3, { tensor: 3 })],
      /its parts have 2 tensors, not 3/,
    ],
    [
      'parts that say different numbers of tensors',
      async () => [
        await part(0, 3),
        await part(1, 3),
        await part(2, 3, { changes: { 'split.tensors.count': { type: 'int32', value: -1 } } }),
      ],
      /its parts have 3 tensors, not -1/,
    ],
    [
      'an ordinary file among the parts',
      async () => [await part(0, 2), await readGgufHeader(whole)],
      /file 2 of 2 is not a part of a split model/,
    ],
    [
      'a place of another type, on which llama.cpp aborts',
      async () => [await part(0, 2), await part(1, 2, { changes: { 'split.no': uint32(1) } })],
      /"split.no" is of type uint32, not uint16/,
    ],
    [
      'no place',
      async () => [await part(0, 2, { changes: { 'split.no': undefined } })],
      /the key "split.no" is missing/,
    ],
    [
      'no number of tensors',
      async () => [await part(0, 2, { changes: { 'split.tensors.count': undefined } })],
      /the key "split.tensors.count" is missing/,
    ],
  ])('is refused with %s', async (_name, headers, message) => {
    const read = await headers();
    expect(() => joinParts(read)).toThrow(message);
  });
});
