/** Sound and hostile protocol buffers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCriaError } from '../../errors.ts';
import { readProtobuf } from './protobuf.ts';

const read = (...bytes: number[]) => [...readProtobuf(Uint8Array.from(bytes), 'x')];

describe('readProtobuf', () => {
  it('reads the kinds of fields', () => {
    expect(read(0x08, 0x96, 0x01, 0x12, 0x02, 0x61, 0x62, 0x1d, 0, 0, 0x80, 0x3f)).toEqual([
      { number: 1, value: 150 },
      { number: 2, value: Uint8Array.of(0x61, 0x62) },
      { number: 3, value: Uint8Array.of(0, 0, 0x80, 0x3f) },
    ]);
  });

  it.each<[string, number[]]>([
    ['a number that never ends', [0x08, ...Array<number>(11).fill(0xff)]],
    ['a number cut off', [0x08, 0x80]],
    ['a length beyond the end', [0x12, 0x03, 0x61]],
    ['a huge length', [0x12, ...Array<number>(9).fill(0xff), 0x01]],
    ['a group', [0x0b]],
    ['fixed bytes cut off', [0x1d, 0, 0]],
  ])('refuses %s', (_name, bytes) => {
    expect(() => read(...bytes)).toThrow('x is damaged');
  });

  it('ends, whatever bytes it gets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          for (const { value } of readProtobuf(bytes, 'x'))
            if (typeof value !== 'number') expect(value.byteLength).toBeLessThanOrEqual(bytes.byteLength);
        } catch (error) {
          expect(isCriaError(error, 'conversion_failed')).toBe(true);
        }
      }),
    );
  });
});
