import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroupMax, groupSize } from './group-max.ts';
import { TopK } from './top-k.ts';

/** Few different values, so that equals are common; short and long rows. */
const values = fc
  .tuple(
    fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 1, maxLength: 40 }),
    fc.constantFrom(1, 7, 90),
  )
  .map(([numbers, times]) =>
    Float32Array.from({ length: numbers.length * times }, (_, i) => numbers[(i * i) % numbers.length]!),
  );

const sorted = (all: Float32Array) =>
  [...all.entries()].sort(([i, a], [j, b]) => b - a || i - j).map(([index, value]) => ({ index, value }));

const selected = (all: Float32Array, k: number, capacity = k) => {
  const top = new TopK(capacity, all.length);
  const count = top.select(all, k);
  return Array.from({ length: count }, (_, i) => ({ index: top.indices[i], value: top.values[i] }));
};

describe('TopK', () => {
  it('selects the same as a full sort', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 64 }), (all, k) => {
        expect(selected(all, k)).toEqual(sorted(all).slice(0, k));
      }),
    );
  });

  it('selects the same of rows as long as a vocabulary', () => {
    let state = 1;
    const all = Float32Array.from({ length: 50_257 }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 28 - 8;
    });
    for (const k of [1, 40, 190, 200, 5000]) expect(selected(all, k)).toEqual(sorted(all).slice(0, k));
  });

  it('finds the first of the greatest', () => {
    fc.assert(
      fc.property(values, (all) => {
        expect(new TopK(1, all.length).best(all)).toBe(sorted(all)[0]?.index);
      }),
    );
  });

  it('keeps to its capacity and to what there is', () => {
    expect(selected(Float32Array.of(1, 2, 3, 4, 5, 6), 6, 4)).toHaveLength(4);
    expect(selected(Float32Array.of(1, 2), 4)).toHaveLength(2);
    expect(selected(Float32Array.of(1, 2), 0)).toHaveLength(0);
  });

  it('takes infinities for what they are', () => {
    const all = Float32Array.of(Number.NEGATIVE_INFINITY, 1, Number.POSITIVE_INFINITY);
    expect(selected(all, 3).map(({ index }) => index)).toEqual([2, 1, 0]);
    const ruledOut = new Float32Array(500).fill(Number.NEGATIVE_INFINITY);
    ruledOut[300] = -5;
    expect(selected(ruledOut, 2)).toEqual([
      { index: 300, value: -5 },
      { index: 0, value: Number.NEGATIVE_INFINITY },
    ]);
  });

  it('passes over what is not a number', () => {
    const all = new Float32Array(1000);
    all[0] = 1;
    all[500] = Number.NaN;
    all[700] = 2;
    expect(selected(all, 2).map(({ index }) => index)).toEqual([700, 0]);
  });
});

describe('GroupMax', () => {
  it('finds the greatest of every group', () => {
    const number = fc.oneof(
      fc.float({ noNaN: true }),
      fc.constant(Number.NEGATIVE_INFINITY),
      fc.constant(-0),
    );
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 300 }), (numbers) => {
        const all = Float32Array.from(numbers);
        const groups = GroupMax.create(all.length);
        if (groups === undefined) return; // a machine without the instructions
        groups.compute(all);
        const expected = Array.from({ length: Math.ceil(all.length / groupSize) }, (_, g) =>
          Math.max(...all.subarray(g * groupSize, (g + 1) * groupSize)),
        );
        expect([...groups.maxima].map((x) => x + 0)).toEqual(expected.map((x) => x + 0)); // 0 and -0 are equals
      }),
    );
  });
});
