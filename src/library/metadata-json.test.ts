import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shortestFloat32 } from './metadata-json.ts';

it.each([
  [Math.fround(0.1), 0.1],
  [Math.fround(1e-5), 1e-5],
  [Math.fround(1e-6), 1e-6],
  [10_000, 10_000],
  [Math.fround(1_000_000.1), 1_000_000.1],
  [Math.fround(16_777_217), 16_777_216],
  [0, 0],
  [-1.5, -1.5],
])('%d is written %d', (value, short) => {
  expect(shortestFloat32(value)).toBe(short);
});

it('always gives a number that is the same as a 32-bit float', () => {
  fc.assert(
    fc.property(fc.float(), (value) => {
      expect(Math.fround(shortestFloat32(value))).toBe(value);
    }),
  );
});
