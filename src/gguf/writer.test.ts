import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tinyModel, uint32 } from './testdata/tiny-model.ts';
import { type GgufContent, writeGguf } from './writer.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'cria-gguf-'));
  file = path.join(directory, 'model.gguf');
});
afterEach(() => rm(directory, { recursive: true }));

const tensor = { name: 't', type: 'F32', shape: [4], data: new Uint8Array(16) };

describe('writeGguf', () => {
  it('writes the same bytes into a sink as into a file', async () => {
    const chunks: Uint8Array[] = [];
    await writeGguf({ write: async (bytes) => void chunks.push(bytes) }, tinyModel());
    await writeGguf(file, tinyModel());
    expect(Buffer.concat(chunks).equals(await readFile(file))).toBe(true);
  });

  it('streams tensor data', async () => {
    const data = async function* () {
      yield new Uint8Array(10).fill(1);
      yield new Uint8Array(6).fill(2);
    };
    await writeGguf(file, { metadata: [], tensors: [{ ...tensor, data }] });
    const bytes = await readFile(file);
    expect(bytes.subarray(-32, -16)).toEqual(
      Buffer.from([...new Uint8Array(10).fill(1), ...new Uint8Array(6).fill(2)]),
    );
  });

  it.each<{ name: string; content: GgufContent }>([
    {
      name: 'a number beyond its type',
      content: { metadata: [['k', { type: 'uint8', value: 256 }]], tensors: [] },
    },
    {
      name: 'a text as a number',
      content: { metadata: [['k', { type: 'uint8', value: '1' }]], tensors: [] },
    },
    {
      name: 'a doubled key',
      content: {
        metadata: [
          ['k', uint32(1)],
          ['k', uint32(1)],
        ],
        tensors: [],
      },
    },
    { name: 'an empty key', content: { metadata: [['', uint32(1)]], tensors: [] } },
    { name: 'an odd alignment', content: { metadata: [['general.alignment', uint32(3)]], tensors: [] } },
    { name: 'a doubled tensor', content: { metadata: [], tensors: [tensor, tensor] } },
    { name: 'an unknown tensor type', content: { metadata: [], tensors: [{ ...tensor, type: 'X1' }] } },
    {
      name: 'rows that are no whole blocks',
      content: { metadata: [], tensors: [{ ...tensor, type: 'Q4_0' }] },
    },
    { name: 'data of another size', content: { metadata: [], tensors: [{ ...tensor, shape: [5] }] } },
    {
      name: 'streamed data of another size',
      content: {
        metadata: [],
        tensors: [
          {
            ...tensor,
            data: async function* () {
              yield new Uint8Array(15);
            },
          },
        ],
      },
    },
  ])('refuses $name and leaves nothing behind', async ({ content }) => {
    await expect(writeGguf(file, content)).rejects.toThrow(RangeError);
    expect(await readdir(directory)).toEqual([]);
  });

  it('stops when its signal fires and leaves nothing behind', async () => {
    const controller = new AbortController();
    const data = async function* () {
      yield new Uint8Array(8);
      controller.abort();
      yield new Uint8Array(8);
    };
    const content = { metadata: [], tensors: [{ ...tensor, data }] };
    await expect(writeGguf(file, content, { signal: controller.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(await readdir(directory)).toEqual([]);
  });
});
