/** Properties of the values' printed forms. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonValue } from '../../types/json.ts';
import { formatFloat } from './format-float.ts';
import { encodeJson } from './json.ts';
import { compareStrings, fromJson } from './values.ts';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

test.each(['e', 'f', 'g'] as const)('the shortest %s form reads back as the same number', (form) => {
  fc.assert(
    fc.property(finite, (value) => {
      expect(Number(formatFloat(value, form))).toBe(value);
    }),
    { numRuns: 1000 },
  );
});

test('seventeen digits read back as the same number', () => {
  fc.assert(
    fc.property(finite, (value) => {
      expect(Number(formatFloat(value, 'g', 17))).toBe(value);
    }),
    { numRuns: 1000 },
  );
});

test('a fixed precision has that many digits and is as near as can be', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.integer({ min: 0, max: 8 }),
      (value, precision) => {
        const text = formatFloat(value, 'f', precision);
        expect(text).toMatch(precision === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${precision}}$`));
        expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(0.5000001 * 10 ** -precision);
      },
    ),
  );
});

test('JSON reads back as the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (json) => {
      const value = JSON.parse(JSON.stringify(json)) as JsonValue;
      expect(JSON.parse(encodeJson(fromJson(value)))).toEqual(value);
    }),
    { numRuns: 1000 },
  );
});

test('JSON needs no escaping inside HTML and is one line', () => {
  const character = fc.constantFrom(...'a"\\<>&\n\r\t\b\0\x1f\x7f\u2028\u2029é😀\ud800');
  const text = fc.array(character).map((characters) => characters.join(''));
  fc.assert(
    fc.property(text, (value) => {
      expect(encodeJson(value)).not.toMatch(/[<>&\n\r\u2028\u2029\p{Cs}]/u);
    }),
  );
});

test('strings are ordered by their UTF-8 bytes', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 4 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareStrings(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 1000 },
  );
});
