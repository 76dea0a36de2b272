/** Numbers as Go writes float32. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shortDouble, vectorJson, vectorsJson } from './vector-json.ts';

describe('vectorJson', () => {
  it.each<[number, string]>([
    [0, '0'],
    [1, '1'],
    [-2.5, '-2.5'],
    [0.1, '0.1'],
    [1 / 3, '0.33333334'],
    [-0.123456789, '-0.12345679'],
    [16777216, '16777216'],
    [1e-7, '1e-7'],
    [1e-30, '1e-30'],
    [3.4e38, '3.4e+38'],
  ])('writes %d as %s', (value, text) => {
    expect(vectorJson(Float32Array.of(value))).toBe(`[${text}]`);
  });

  it('loses nothing and writes no digit too many', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const short = shortDouble(value);
        expect(Math.fround(short) + 0).toBe(value + 0);
        const digits = `${short}`.replace(/e.*|[-.]/g, '').replace(/^0+|0+$/g, '').length;
        expect(digits).toBeLessThanOrEqual(9);
        if (digits > 6) expect(Math.fround(Number(value.toPrecision(digits - 1)))).not.toBe(value);
      }),
    );
  });

  it('writes lists of vectors, long ones in pieces', async () => {
    expect(await vectorsJson([])).toBe('[]');
    expect(await vectorsJson([Float32Array.of(1), Float32Array.of(2, 3)])).toBe('[[1],[2,3]]');
    const long = Array.from({ length: 5 }, () => new Float32Array(60_000).fill(0.5));
    let turns = 0;
    const ticker = setInterval(() => turns++, 0);
    const text = await vectorsJson(long);
    clearInterval(ticker);
    expect(JSON.parse(text)).toHaveLength(5);
    expect(turns).toBeGreaterThan(0);
  });
});
