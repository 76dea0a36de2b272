/** Conversions between floating-point types. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFloats, encodeFloats, type FloatType, hasOverflow } from './floats.ts';

function bits(type: FloatType, value: number): number {
  const bytes = encodeFloats(type, Float32Array.of(value));
  return new DataView(bytes.buffer, bytes.byteOffset).getUint16(0, true);
}

function value(type: 'F16' | 'BF16', pattern: number): number {
  return decodeFloats(type, new Uint8Array(Uint16Array.of(pattern).buffer))[0] ?? Number.NaN;
}

describe('F16', () => {
  it.each<[number, number]>([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65_504, 0x7bff],
    [65_519, 0x7bff],
    [65_520, 0x7c00],
    [Number.POSITIVE_INFINITY, 0x7c00],
    [Number.NaN, 0x7e00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [1.5 * 2 ** -25, 0x0001],
    [2 ** -14 - 2 ** -26, 0x0400],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
  ])('%d = %#', (number, pattern) => {
    expect(bits('F16', number)).toBe(pattern);
  });

  it('gives back every pattern', () => {
    for (let pattern = 0; pattern < 65_536; pattern++) {
      const number = value('F16', pattern);
      if (!Number.isNaN(number)) expect(bits('F16', number)).toBe(pattern);
    }
  });

  it('rounds to the nearest, ties to even', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: -65_504, max: 65_504 }), (number) => {
        const pattern = bits('F16', number);
        const rounded = value('F16', pattern);
        for (const neighbour of [pattern - 1, pattern + 1]) {
          const other = value('F16', neighbour & 0xffff);
          if (!Number.isFinite(other)) continue;
          const distance = Math.abs(rounded - number);
          const otherDistance = Math.abs(other - number);
          expect(
            distance < otherDistance ||
              (distance === otherDistance && pattern % 2 === 0) ||
              other === rounded,
          ).toBe(true);
        }
      }),
    );
  });

  it('tells of values that it cannot hold', () => {
    expect(hasOverflow(encodeFloats('F16', Float32Array.of(1, 65_504)))).toBe(false);
    expect(hasOverflow(encodeFloats('F16', Float32Array.of(1, 70_000)))).toBe(true);
  });
});

describe('BF16', () => {
  it.each<[number, number]>([
    [1, 0x3f80],
    [-0, 0x8000],
    [1 + 2 ** -8, 0x3f80],
    [1 + 3 * 2 ** -8, 0x3f82],
    [Number.NEGATIVE_INFINITY, 0xff80],
    [3.4028234663852886e38, 0x7f80],
  ])('%d = %#', (number, pattern) => {
    expect(bits('BF16', number)).toBe(pattern);
  });

  it('keeps what is no number', () => {
    expect(value('BF16', bits('BF16', Number.NaN))).toBeNaN();
  });

  it('gives back every pattern', () => {
    for (let pattern = 0; pattern < 65_536; pattern += 7) {
      const number = value('BF16', pattern);
      if (!Number.isNaN(number)) expect(bits('BF16', number)).toBe(pattern);
    }
  });
});

it('F64 is rounded to F32', () => {
  const bytes = new Uint8Array(Float64Array.of(0.1, -1e300).buffer);
  expect([...decodeFloats('F64', bytes)]).toEqual([Math.fround(0.1), Number.NEGATIVE_INFINITY]);
});
