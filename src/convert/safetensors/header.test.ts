/** Sound and hostile headers of safetensors files. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCriaError } from '../../errors.ts';
import { readSafetensorsHeader } from './header.ts';

/** A file of header and data, as a handle that reads at most 7 bytes at a time: short reads must do no harm. */
function read(file: Buffer) {
  const handle = {
    read: async (buffer: Buffer, offset: number, length: number, position: number) => {
      const bytesRead = file.copy(buffer, offset, position, position + Math.min(length, 7));
      return { bytesRead, buffer };
    },
  };
  // The reader uses this one signature of FileHandle.read only.
  return readSafetensorsHeader(
    handle as unknown as Parameters<typeof readSafetensorsHeader>[0],
    file.length,
    'x',
  );
}

function fileOf(header: unknown, dataBytes: number, declared?: bigint): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(declared ?? BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

const tensor = (dtype: unknown, shape: unknown, offsets: unknown) => ({
  dtype,
  shape,
  data_offsets: offsets,
});

describe('a sound file', () => {
  it('tells its tensors with their places in the file', async () => {
    const file = fileOf(
      {
        __metadata__: { format: 'pt' },
        b: tensor('F32', [2, 3], [4, 28]),
        a: tensor('BF16', [2], [0, 4]),
        scalar: tensor('F64', [], [28, 36]),
        none: tensor('F32', [0, 5], [4, 4]),
      },
      36,
    );
    const start = file.length - 36;
    expect(await read(file)).toEqual([
      { name: 'b', type: 'F32', shape: [2, 3], offset: start + 4, sizeBytes: 24 },
      { name: 'a', type: 'BF16', shape: [2], offset: start, sizeBytes: 4 },
      { name: 'scalar', type: 'F64', shape: [], offset: start + 28, sizeBytes: 8 },
      { name: 'none', type: 'F32', shape: [0, 5], offset: start + 4, sizeBytes: 0 },
    ]);
  });

  it('may have no tensors', async () => {
    expect(await read(fileOf({}, 0))).toEqual([]);
  });
});

describe('a hostile file', () => {
  it.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /fewer than 8 bytes/],
    ['a header beyond the end', fileOf({}, 0, 3n), /a header of 3 bytes does not fit/],
    ['a huge header', fileOf({}, 0, 2n ** 64n - 1n), /does not fit/],
    ['no JSON', fileOf('{"a"', 0), /not JSON/],
    ['bytes that are no text', Buffer.concat([fileOf('', 0, 2n), Buffer.from([0xff, 0xfe])]), /not JSON/],
    ['a list', fileOf('[]', 0), /not an object/],
    ['a tensor that is a number', fileOf({ a: 1 }, 0), /"a" is not described/],
    ['no type', fileOf({ a: tensor(undefined, [1], [0, 4]) }, 4), /has no type/],
    ['an unknown type', fileOf({ a: tensor('F99', [1], [0, 4]) }, 4), /unknown type "F99"/],
    ['a type from the prototype', fileOf({ a: tensor('toString', [1], [0, 4]) }, 4), /unknown type/],
    ['a negative dimension', fileOf({ a: tensor('F32', [-1], [0, 4]) }, 4), /no sound shape/],
    ['a fraction of a dimension', fileOf({ a: tensor('F32', [0.5], [0, 2]) }, 2), /no sound shape/],
    ['too many dimensions', fileOf({ a: tensor('F32', Array(9).fill(1), [0, 4]) }, 4), /no sound shape/],
    ['a shape whose product overflows', fileOf({ a: tensor('F32', [2 ** 40, 2 ** 40], [0, 4]) }, 4), /need/],
    ['offsets that run backwards', fileOf({ a: tensor('F32', [1], [4, 0]) }, 4), /no sound offsets/],
    ['three offsets', fileOf({ a: tensor('F32', [1], [0, 4, 8]) }, 4), /no sound offsets/],
    ['less data than the shape needs', fileOf({ a: tensor('F32', [2], [0, 4]) }, 4), /has 4 bytes/],
    ['data beyond the end', fileOf({ a: tensor('F32', [2], [0, 8]) }, 4), /beyond its end/],
    [
      'overlapping tensors',
      fileOf({ a: tensor('F32', [2], [0, 8]), b: tensor('F32', [2], [4, 12]) }, 12),
      /"b" overlaps/,
    ],
    ['a gap', fileOf({ a: tensor('F32', [1], [4, 8]) }, 8), /a gap before/],
    ['bytes at the end', fileOf({ a: tensor('F32', [1], [0, 4]) }, 8), /4 bytes after/],
  ])('is refused: %s', async (_name, file, message) => {
    await expect(read(file)).rejects.toMatchObject({ code: 'conversion_failed' });
    await expect(read(file)).rejects.toThrow(message);
  });

  it('does nothing worse than being refused, whatever bytes it has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), fc.nat(80), async (bytes, declared) => {
        const file = Buffer.concat([fileOf('', 0, BigInt(declared)), bytes]);
        await read(file).catch((error: unknown) =>
          expect(isCriaError(error, 'conversion_failed')).toBe(true),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('never gets tensors outside the file or on top of each other', async () => {
    const offset = fc.integer({ min: -2, max: 24 });
    const entry = fc.record({
      dtype: fc.constantFrom('F32', 'F16', 'U8', 'X'),
      shape: fc.array(fc.integer({ min: -1, max: 6 }), { maxLength: 3 }),
      data_offsets: fc.tuple(offset, offset),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string(), entry, { maxKeys: 3 }),
        fc.nat(24),
        async (header, size) => {
          const file = fileOf(header, size);
          const entries = await read(file).catch((error: unknown) => {
            expect(isCriaError(error, 'conversion_failed')).toBe(true);
            return [];
          });
          const owners = new Set<number>();
          for (const { offset: start, sizeBytes } of entries)
            for (let at = start; at < start + sizeBytes; at++) {
              expect(at).toBeLessThan(file.length);
              expect(owners.has(at)).toBe(false);
              owners.add(at);
            }
        },
      ),
      { numRuns: 500 },
    );
  });
});
