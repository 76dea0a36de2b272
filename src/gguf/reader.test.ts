import { mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isCriaError } from '../errors.ts';
import { hasGgufMagic, readGgufHeader } from './reader.ts';
import { summarizeGguf } from './summary.ts';
import { tensorTypes } from './tensor-types.ts';
import { entry, rawGguf, str, u32, u64 } from './testdata/raw-header.ts';
import { tinyModel } from './testdata/tiny-model.ts';
import type { GgufScalarType, GgufWriteValue } from './types.ts';
import { writeGguf } from './writer.ts';

let directory: string;
let file: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'cria-gguf-'));
  file = path.join(directory, 'model.gguf');
});
afterAll(() => rm(directory, { recursive: true }));

async function parse(bytes: Uint8Array) {
  await writeFile(file, bytes);
  return readGgufHeader(file);
}

describe('readGgufHeader', () => {
  it('reads what the writer wrote', async () => {
    await writeGguf(file, tinyModel());
    const header = await readGgufHeader(file);
    expect(header.version).toBe(3);
    expect(header.alignment).toBe(32);
    expect(header.metadata.get('llama.block_count')).toEqual({ type: 'uint32', value: 1 });
    expect(
      header.tensors.map(({ name, type, shape, sizeBytes }) => ({ name, type, shape, sizeBytes })),
    ).toEqual([
      { name: 'token_embd.weight', type: 'F32', shape: [32, 7], sizeBytes: 896 },
      { name: 'blk.0.attn_q.weight', type: 'Q8_0', shape: [32, 32], sizeBytes: 1088 },
      { name: 'output_norm.weight', type: 'F32', shape: [32], sizeBytes: 128 },
    ]);
    expect(header.tensors[0]?.offset).toBe(header.dataOffset);
  });

  it('reads version 2 and files without tensors', async () => {
    const header = await parse(rawGguf({ version: 2 }));
    expect(header).toMatchObject({ version: 2, tensors: [], fileSizeBytes: 32 });
  });

  it('keeps 64-bit integers exact', async () => {
    const max = 2n ** 64n - 1n;
    const header = await parse(
      rawGguf({ keys: [entry('a', 'uint64', u64(max)), entry('b', 'uint64', u64(7))] }),
    );
    expect(header.metadata.get('a')).toEqual({ type: 'uint64', value: max });
    expect(header.metadata.get('b')).toEqual({ type: 'uint64', value: 7 });
  });

  it('reads a string that is longer than its window', async () => {
    const long = 'x'.repeat(600_000);
    const header = await parse(
      rawGguf({ keys: [entry('a', 'string', str(long)), entry('b', 'uint32', u32(5))] }),
    );
    expect(header.metadata.get('a')).toEqual({ type: 'string', value: long });
    expect(header.metadata.get('b')).toEqual({ type: 'uint32', value: 5 });
  });

  it('steps over long arrays and reads them when asked', async () => {
    const values = Array.from({ length: 100_000 }, (_, i) => `token ${i}`);
    await writeGguf(file, {
      metadata: [
        ['list', { type: 'array', elementType: 'string', values }],
        ['after', { type: 'bool', value: true }],
      ],
      tensors: [],
    });
    const header = await readGgufHeader(file);
    const list = header.metadata.get('list');
    expect(header.metadata.get('after')).toEqual({ type: 'bool', value: true });
    expect(list?.type === 'array' && (await list.array.read())).toEqual(values);
  });

  it('refuses to read an array from a file that has changed', async () => {
    await writeGguf(file, tinyModel());
    const header = await readGgufHeader(file);
    await truncate(file, header.fileSizeBytes - 1);
    const tokens = header.metadata.get('tokenizer.ggml.tokens');
    await expect(tokens?.type === 'array' && tokens.array.read()).rejects.toMatchObject({
      code: 'invalid_gguf',
    });
  });

  it('stops when its signal fires', async () => {
    await writeGguf(file, tinyModel());
    const signal = AbortSignal.abort();
    await expect(readGgufHeader(file, { signal })).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('passes on that a file is missing', async () => {
    await expect(readGgufHeader(path.join(directory, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('hostile files', () => {
  const longArray = (length: number | bigint): Buffer => entry('a', 'array', u32(0), u64(length));
  const cases: { name: string; bytes: Buffer; message: RegExp }[] = [
    { name: 'empty', bytes: Buffer.alloc(0), message: /the file ends inside the magic bytes/ },
    { name: 'CVE-2024-39720: four bytes', bytes: Buffer.from('GGUF'), message: /the file ends inside/ },
    { name: 'other magic', bytes: rawGguf({ magic: 'GGML' }), message: /does not begin with "GGUF"/ },
    { name: 'version 1', bytes: rawGguf({ version: 1 }), message: /version 1;/ },
    { name: 'version 0', bytes: rawGguf({ version: 0 }), message: /version 0;/ },
    { name: 'version 4', bytes: rawGguf({ version: 4 }), message: /version 4;/ },
    { name: 'big-endian', bytes: rawGguf({ version: 0x0300_0000 }), message: /big-endian/ },
    {
      name: 'CVE-2025-0315: tensor count far beyond the file',
      bytes: rawGguf({ nTensors: 2n ** 40n }),
      message: /1099511627776 tensors in a file of/,
    },
    { name: 'tensor count 2^64 - 1', bytes: rawGguf({ nTensors: 2n ** 64n - 1n }), message: /too large/ },
    {
      name: 'key count far beyond the file',
      bytes: rawGguf({ nKeys: 60_000 }),
      message: /60000 metadata keys/,
    },
    {
      name: 'CVE-2025-66959: key length beyond the file',
      bytes: rawGguf({ keys: [Buffer.concat([str('k', 1000), Buffer.alloc(64)])] }),
      message: /the file ends inside metadata key 0/,
    },
    {
      name: 'CVE-2025-66960: string length 2^64 - 1',
      bytes: rawGguf({ keys: [entry('k', 'string', str('', 2n ** 64n - 1n))] }),
      message: /18446744073709551615 is too large/,
    },
    {
      name: 'key longer than the specification allows',
      bytes: rawGguf({ keys: [entry('k'.repeat(65_536), 'uint32', u32(1))] }),
      message: /more than 65535/,
    },
    { name: 'empty key', bytes: rawGguf({ keys: [entry('', 'uint32', u32(1))] }), message: /key 0 is ""/ },
    {
      name: 'duplicate key',
      bytes: rawGguf({ keys: [entry('k', 'uint32', u32(1)), entry('k', 'uint32', u32(2))] }),
      message: /"k" occurs twice/,
    },
    {
      name: 'unknown value type',
      bytes: rawGguf({ keys: [entry('k', 13, u64(0))] }),
      message: /unknown type 13/,
    },
    {
      name: 'array of arrays',
      bytes: rawGguf({ keys: [entry('k', 'array', u32(9), u64(0))] }),
      message: /array of arrays/,
    },
    {
      name: 'array length beyond the file',
      bytes: rawGguf({ keys: [longArray(1000)] }),
      message: /ends inside/,
    },
    {
      name: 'array length beyond every bound',
      bytes: rawGguf({ keys: [longArray(2 ** 31)] }),
      message: /2147483648 elements/,
    },
    {
      name: 'string in an array beyond the file',
      bytes: rawGguf({ keys: [entry('k', 'array', u32(8), u64(2), str('a'), str('b', 99))] }),
      message: /the file ends inside the value of "k"/,
    },
    {
      name: 'CVE-2025-0317: alignment 0',
      bytes: rawGguf({ keys: [entry('general.alignment', 'uint32', u32(0))] }),
      message: /alignment 0 is not a power of two/,
    },
    {
      name: 'alignment 48',
      bytes: rawGguf({ keys: [entry('general.alignment', 'uint32', u32(48))] }),
      message: /alignment 48 is not/,
    },
    {
      name: 'alignment of another type',
      bytes: rawGguf({ keys: [entry('general.alignment', 'uint64', u64(32))] }),
      message: /of type uint64/,
    },
    {
      name: 'alignment 2^31 with a tensor',
      bytes: rawGguf({ keys: [entry('general.alignment', 'uint32', u32(2 ** 31))], tensors: [{}] }),
      message: /needs 32 bytes at 2147483648/,
    },
    {
      name: 'duplicate tensor',
      bytes: rawGguf({ tensors: [{ name: 'a' }, { name: 'a', offset: 32 }], dataBytes: 64 }),
      message: /tensor "a" occurs twice/,
    },
    {
      name: 'tensor names that are one C string',
      bytes: rawGguf({ tensors: [{ name: 'a' }, { name: 'a\0b', offset: 32 }], dataBytes: 64 }),
      message: /tensor 1 has the name/,
    },
    {
      name: 'long tensor name',
      bytes: rawGguf({ tensors: [{ name: 'n'.repeat(64) }] }),
      message: /more than 63/,
    },
    {
      name: 'empty tensor name',
      bytes: rawGguf({ tensors: [{ name: '' }] }),
      message: /tensor 0 has the name ""/,
    },
    {
      name: 'five dimensions',
      bytes: rawGguf({ tensors: [{ shape: [1, 1, 1, 1, 1] }] }),
      message: /5 dimensions/,
    },
    {
      name: 'dimension count 2^32 - 1',
      bytes: rawGguf({ tensors: [{ nDimensions: 2 ** 32 - 1 }] }),
      message: /4294967295 dim/,
    },
    {
      name: 'dimension 0',
      bytes: rawGguf({ tensors: [{ shape: [0] }] }),
      message: /dimension 0 of tensor "t" is 0/,
    },
    {
      name: 'CVE-2025-53630: sizes that overflow 64 bits',
      bytes: rawGguf({ tensors: [{ shape: [2n ** 52n, 2n ** 52n] }] }),
      message: /too many elements/,
    },
    {
      name: 'negative dimension',
      bytes: rawGguf({ tensors: [{ shape: [2n ** 63n] }] }),
      message: /too large/,
    },
    { name: 'unknown tensor type', bytes: rawGguf({ tensors: [{ type: 99 }] }), message: /unknown type 99/ },
    {
      name: 'removed tensor type',
      bytes: rawGguf({ tensors: [{ type: 31 }] }),
      message: /Q4_0_4_4, which is no longer/,
    },
    {
      name: 'rows that are no whole blocks',
      bytes: rawGguf({ tensors: [{ type: 2, shape: [33] }] }),
      message: /rows of 33/,
    },
    {
      name: 'misaligned tensor',
      bytes: rawGguf({ tensors: [{ offset: 8 }], dataBytes: 64 }),
      message: /not a multiple of 32/,
    },
    {
      name: 'CVE-2026-7482: tensor size beyond the file',
      bytes: rawGguf({ tensors: [{ shape: [9] }], dataBytes: 32 }),
      message: /needs 36 bytes at/,
    },
    {
      name: 'CVE-2026-7482: tensor offset beyond the file',
      bytes: rawGguf({ tensors: [{ offset: 2 ** 40 }] }),
      message: /needs 32 bytes at 1099511627/,
    },
    {
      name: 'tensor offset 2^64 - 32',
      bytes: rawGguf({ tensors: [{ offset: 2n ** 64n - 32n }] }),
      message: /too large/,
    },
    {
      name: 'tensor offset 2^53 - 32',
      bytes: rawGguf({ tensors: [{ offset: 2n ** 53n - 32n }] }),
      message: /needs 32 bytes/,
    },
    {
      name: 'overlapping tensors',
      bytes: rawGguf({
        tensors: [
          { name: 'a', shape: [16] },
          { name: 'b', offset: 32 },
        ],
        dataBytes: 64,
      }),
      message: /tensors "a" and "b" overlap/,
    },
  ];
  it.each(cases)('$name', async ({ bytes, message }) => {
    await expect(parse(bytes)).rejects.toMatchObject({
      code: 'invalid_gguf',
      message: expect.stringMatching(message),
    });
  });

  it.skipIf(process.platform === 'win32')('CVE-2024-39721: a device is no model', async () => {
    const link = path.join(directory, 'device');
    await symlink('/dev/zero', link);
    await expect(readGgufHeader(link)).rejects.toMatchObject({
      code: 'invalid_gguf',
      message: /regular file/,
    });
    await expect(readGgufHeader(directory)).rejects.toMatchObject({ code: 'invalid_gguf' });
  });

  it('CVE-2024-12055: every truncation of a valid file either parses or is refused', async () => {
    await writeGguf(file, { metadata: tinyModel().metadata, tensors: [] });
    const header = await readGgufHeader(file);
    for (let size = header.fileSizeBytes; size >= 0; size--) {
      await truncate(file, size);
      const error = await readGgufHeader(file)
        .then(summarizeGguf)
        .catch((e: unknown) => e);
      // Only the padding behind the header may be missing.
      if (size < header.dataOffset) expect(isCriaError(error, 'invalid_gguf'), `${size} bytes`).toBe(true);
    }
  });

  it('random damage to a valid file gives a header or invalid_gguf, nothing else', async () => {
    await writeGguf(file, tinyModel());
    const sound = await readFile(file);
    const damage = fc.array(
      fc.record({
        at: fc.nat({ max: 900 }),
        byte: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat({ max: 255 })),
      }),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(damage, fc.option(fc.nat({ max: sound.byteLength })), async (changes, cut) => {
        const bytes = Buffer.from(sound);
        for (const { at, byte } of changes) bytes[at] = byte;
        await writeFile(file, bytes.subarray(0, cut ?? bytes.byteLength));
        try {
          const header = await readGgufHeader(file);
          for (const value of header.metadata.values()) if (value.type === 'array') await value.array.read();
          await summarizeGguf(header);
        } catch (error) {
          if (!isCriaError(error, 'invalid_gguf')) throw error;
        }
      }),
      { numRuns: 400 },
    );
  });
});

describe('write and read', () => {
  const integer = (type: GgufScalarType, min: bigint, max: bigint): fc.Arbitrary<GgufWriteValue> =>
    fc.bigInt({ min, max }).map((value) => ({
      type,
      value: Number.isSafeInteger(Number(value)) ? Number(value) : value,
    }));
  const scalar: fc.Arbitrary<GgufWriteValue> = fc.oneof(
    integer('uint8', 0n, 255n),
    integer('int8', -128n, 127n),
    integer('uint16', 0n, 65_535n),
    integer('int16', -32_768n, 32_767n),
    integer('uint32', 0n, 2n ** 32n - 1n),
    integer('int32', -(2n ** 31n), 2n ** 31n - 1n),
    integer('uint64', 0n, 2n ** 64n - 1n),
    integer('int64', -(2n ** 63n), 2n ** 63n - 1n),
    fc.float({ noNaN: true }).map((value) => ({ type: 'float32' as const, value })),
    fc.double({ noNaN: true }).map((value) => ({ type: 'float64' as const, value })),
    fc.boolean().map((value) => ({ type: 'bool' as const, value })),
    fc.string({ unit: 'grapheme' }).map((value) => ({ type: 'string' as const, value })),
  );
  const array: fc.Arbitrary<GgufWriteValue> = fc.oneof(
    fc
      .array(fc.string({ unit: 'grapheme' }))
      .map((values) => ({ type: 'array' as const, elementType: 'string' as const, values })),
    fc
      .array(fc.integer())
      .map((values) => ({ type: 'array' as const, elementType: 'int32' as const, values })),
    fc
      .array(fc.boolean())
      .map((values) => ({ type: 'array' as const, elementType: 'bool' as const, values })),
  );
  const key = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((k) => !k.includes('\0') && k !== 'general.alignment');
  const metadata = fc.uniqueArray(fc.tuple(key, fc.oneof(scalar, array)), {
    selector: ([k]) => k,
    maxLength: 12,
  });
  const tensor = fc
    .record({
      name: fc.string({ minLength: 1, maxLength: 20 }).filter((n) => !n.includes('\0')),
      type: fc.constantFrom(...tensorTypes),
      blocks: fc.integer({ min: 1, max: 3 }),
      rest: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
    })
    .map(({ name, type, blocks, rest }) => {
      const shape = [blocks * type.blockSize, ...rest];
      const size = blocks * type.blockBytes * rest.reduce((a, b) => a * b, 1);
      return { name, type: type.name, shape, data: new Uint8Array(size).fill(7) };
    });
  const tensors = fc.uniqueArray(tensor, { selector: (t) => t.name, maxLength: 6 });

  it('gives back every value and tensor, at every alignment', async () => {
    await fc.assert(
      fc.asyncProperty(
        metadata,
        tensors,
        fc.constantFrom(1, 8, 32, 4096),
        async (entries, list, alignment) => {
          await writeGguf(file, {
            metadata: [...entries, ['general.alignment', { type: 'uint32', value: alignment }]],
            tensors: list,
          });
          const header = await readGgufHeader(file);
          expect(header.alignment).toBe(alignment);
          for (const [k, value] of entries) {
            const read = header.metadata.get(k);
            if (value.type !== 'array') expect(read).toEqual(value);
            else expect(read?.type === 'array' && (await read.array.read())).toEqual(value.values);
          }
          expect(header.tensors.map(({ name, type, shape }) => ({ name, type, shape }))).toEqual(
            list.map(({ name, type, shape }) => ({ name, type, shape })),
          );
          for (const [i, t] of header.tensors.entries()) {
            expect(t.sizeBytes).toBe(list[i]?.data.byteLength);
            expect((t.offset - header.dataOffset) % alignment).toBe(0);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

it('hasGgufMagic looks at the first four bytes', async () => {
  await writeFile(file, 'GGUF rest');
  expect(await hasGgufMagic(file)).toBe(true);
  await writeFile(file, 'GGU');
  expect(await hasGgufMagic(file)).toBe(false);
  await writeFile(file, 'PK\u0003\u0004');
  expect(await hasGgufMagic(file)).toBe(false);
});
