import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGoDuration } from './go-duration.ts';

describe('parseGoDuration', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['+0', 0],
    ['0s', 0],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['-1m', -60_000],
    ['+5s', 5_000],
    ['.5s', 500],
    ['1.s', 1_000],
    ['300s', 300_000],
    ['250ms', 250],
    ['2us', 0.002],
    ['2µs', 0.002],
    ['2μs', 0.002],
    ['3ns', 0.000003],
    ['1h1h', 7_200_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseGoDuration(text)).toBeCloseTo(ms, 9);
    expect(Object.is(parseGoDuration(text), -0)).toBe(false);
  });

  it.each([
    ['', 'time: invalid duration ""'],
    ['-', 'time: invalid duration "-"'],
    ['.', 'time: invalid duration "."'],
    ['.s', 'time: invalid duration ".s"'],
    ['forever', 'time: invalid duration "forever"'],
    [' 5m', 'time: invalid duration " 5m"'],
    ['--5m', 'time: invalid duration "--5m"'],
    ['300', 'time: missing unit in duration "300"'],
    ['1h30', 'time: missing unit in duration "1h30"'],
    ['1.2.3s', 'time: missing unit in duration "1.2.3s"'],
    ['5d', 'time: unknown unit "d" in duration "5d"'],
    ['5 m', 'time: unknown unit " m" in duration "5 m"'],
    ['5M', 'time: unknown unit "M" in duration "5M"'],
    ['5constructor', 'time: unknown unit "constructor" in duration "5constructor"'],
    ['99999999999h', 'time: invalid duration "99999999999h"'],
  ])('refuses %j', (text, message) => {
    expect(() => parseGoDuration(text)).toThrow(message);
  });

  it('adds up its parts', () => {
    const unit = fc.constantFrom(['ms', 1], ['s', 1e3], ['m', 6e4], ['h', 36e5]) as fc.Arbitrary<
      [string, number]
    >;
    const part = fc.tuple(fc.nat(10_000), unit);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.boolean(), (parts, negative) => {
        const text = parts.map(([n, [name]]) => `${n}${name}`).join('');
        const ms = parts.reduce((sum, [n, [, scale]]) => sum + n * scale, 0);
        expect(parseGoDuration(negative ? `-${text}` : text)).toBe(negative ? -ms || 0 : ms);
      }),
    );
  });
});
