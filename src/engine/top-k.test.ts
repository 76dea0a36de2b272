import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argmax, TopK } from './top-k.ts';

/** Few different values, so that equals are common. */
const values = fc
  .array(fc.integer({ min: -8, max: 8 }), { minLength: 1, maxLength: 200 })
  .map((numbers) => Float32Array.from(numbers));

const sorted = (all: Float32Array) =>
  [...all.entries()].sort(([i, a], [j, b]) => b - a || i - j).map(([index, value]) => ({ index, value }));

describe('TopK', () => {
  it('selects the same as a full sort', () => {
    const top = new TopK(64);
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 64 }), (all, k) => {
        const count = top.select(all, k);
        const got = Array.from({ length: count }, (_, i) => ({
          index: top.indices[i],
          value: top.values[i],
        }));
        expect(got).toEqual(sorted(all).slice(0, k));
      }),
    );
  });

  it('keeps to its capacity and to what there is', () => {
    const top = new TopK(4);
    expect(top.select(Float32Array.of(1, 2, 3, 4, 5, 6), 6)).toBe(4);
    expect(top.select(Float32Array.of(1, 2), 4)).toBe(2);
    expect(top.select(Float32Array.of(1, 2), 0)).toBe(0);
    expect(top.select(new Float32Array(0), 3)).toBe(0);
  });

  it('takes infinities for what they are', () => {
    const top = new TopK(3);
    top.select(Float32Array.of(Number.NEGATIVE_INFINITY, 1, Number.POSITIVE_INFINITY), 3);
    expect([...top.indices]).toEqual([2, 1, 0]);
  });
});

describe('argmax', () => {
  it('finds the first of the greatest', () => {
    fc.assert(
      fc.property(values, (all) => {
        expect(argmax(all)).toBe(sorted(all)[0]?.index);
      }),
    );
  });
});
