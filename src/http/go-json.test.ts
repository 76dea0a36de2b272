import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { goJson, goString, localTime, utcNow } from './go-json.ts';

describe('goJson', () => {
  it.each<[string, unknown]>([
    ['"\\u003ca href=\\"x\\"\\u003e\\u0026\\u2028\\u2029\\u003c/a\\u003e"', '<a href="x">&\u2028\u2029</a>'],
    ['"é\\n\\u0001"', 'é\n\u0001'],
    ['{"\\u003ck\\u003e":1}', { '<k>': 1 }],
    ['18446744073709551615', 2n ** 64n - 1n],
    ['[1,2,null]', [1n, 2, null]],
    ['{"b":1,"c":null}', { b: 1, a: undefined, c: null }],
    ['null', Number.NaN],
    ['null', Number.POSITIVE_INFINITY],
    ['1e+21', 1e21],
    ['[]', []],
    ['{}', {}],
  ])('writes %s', (text, value) => {
    expect(goJson(value)).toBe(text);
  });

  it('says the same as JSON.stringify', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 }), (value) => {
        expect(JSON.parse(goJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
        expect(goJson(value)).not.toMatch(/[<>&\u2028\u2029]/);
      }),
    );
  });

  it('escapes strings as it does values', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(goString(text)).toBe(goJson(text));
      }),
    );
  });
});

describe('times', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  });

  it.each([
    ['2026-11-23T10:00:00.123Z', '2026-11-23T10:00:00.123Z'],
    ['2026-11-23T10:00:00.120Z', '2026-11-23T10:00:00.12Z'],
    ['2026-11-23T10:00:00.007Z', '2026-11-23T10:00:00.007Z'],
    ['2026-11-23T10:00:01.000Z', '2026-11-23T10:00:01Z'],
  ])('now: %s', (now, expected) => {
    vi.useFakeTimers({ now: new Date(now) });
    expect(utcNow()).toBe(expected);
    expect(utcNow()).toBe(expected);
  });

  it.each([
    ['UTC', '2026-11-23T10:00:00.12Z'],
    ['Europe/Berlin', '2026-11-23T11:00:00.12+01:00'],
    ['America/St_Johns', '2026-11-23T06:30:00.12-03:30'],
  ])('in %s', (zone, expected) => {
    vi.stubEnv('TZ', zone);
    const date = new Date('2026-11-23T10:00:00.120Z');
    expect(localTime(date)).toBe(expected);
    expect(goJson({ date })).toBe(`{"date":"${expected}"}`);
    expect(Date.parse(localTime(date))).toBe(date.getTime());
  });
});
