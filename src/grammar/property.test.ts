/** Random schemas: everything that their grammars can write satisfies an independent validator. */
import { isIPv4, isIPv6 } from 'node:net';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCriaError } from '../errors.ts';
import type { JsonValue } from '../types/json.ts';
import { Automata } from './automata.ts';
import { accepts } from './automaton.ts';
import { textRule } from './automaton-rules.ts';
import { formatAutomaton } from './formats.ts';
import { RuleSet, schemaToGrammar } from './index.ts';
import { isObject } from './json-value.ts';
import { type Bound, decimalRangePattern, integerRangePattern } from './number-range.ts';
import {
  arbitraryExample,
  arbitrarySchema,
  arbitraryTuple,
  randomNumbers,
} from './testdata/arbitrary-schema.ts';
import { endlessRules, type Grammar, matches, parseGbnf, sampler } from './testdata/gbnf.ts';
import { honouredKeywords } from './vocabulary.ts';

/** Undefined when the schema is refused. */
function grammarOf(schema: JsonValue): Grammar | undefined {
  try {
    return parseGbnf(schemaToGrammar(schema));
  } catch (error) {
    if (isCriaError(error, 'unsupported_schema')) return undefined;
    throw error;
  }
}

function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return false;
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function isTime(text: string): boolean {
  const match = /^(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-](\d\d):(\d\d))$/.exec(text);
  if (match === null) return false;
  const [hours, minutes, seconds, zoneHours, zoneMinutes] = [1, 2, 3, 6, 7].map((i) => Number(match[i] ?? 0));
  return hours! < 24 && minutes! < 60 && seconds! < 60 && zoneHours! < 24 && zoneMinutes! < 60;
}

function isHostname(text: string): boolean {
  return text.length <= 253 && text.split('.').every((part) => /^(?!-)[a-zA-Z0-9-]{1,63}(?<!-)$/.test(part));
}

const isFormat: Readonly<Record<string, (text: string) => boolean>> = {
  date: isDate,
  time: isTime,
  'date-time': (text) => isDate(text.split('T')[0] ?? '') && isTime(text.split('T')[1] ?? ''),
  duration: (text) => /^P(?!$)((\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?|(\d+W)?)$/.test(text),
  email: (text) => {
    const [local = '', domain = ''] = text.split('@');
    const isLocal = /^[\w+'-]+(\.[\w+'-]+)*$/.test(local) && local.length <= 64;
    return isLocal && isHostname(domain) && domain.includes('.');
  },
  hostname: isHostname,
  ipv4: isIPv4,
  ipv6: isIPv6,
  uri: (text) => URL.canParse(text) || /^[a-zA-Z][\w+.-]*:[!-~]+$/.test(text),
  'uri-reference': (text) => !/[\s"<>\\^`{|}]/.test(text),
  uuid: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
  'json-pointer': (text) => text === '' || /^(\/([^~/]|~[01])*)+$/u.test(text),
};

const ajv = new Ajv2020({ strict: false, multipleOfPrecision: 9, formats: isFormat });

/** What is wrong with a value, or nothing. Undefined for schemas that lead back to themselves, on which ajv never ends. */
function validatorOf(schema: JsonValue): ((value: JsonValue) => string) | undefined {
  try {
    // The library's type excludes arrays and scalars, which are no schemas.
    const validate = ajv.compile(schema as object);
    validate(null);
    return (value) => (validate(value) ? '' : ajv.errorsText(validate.errors));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The names of all members in a schema; those of properties are among them. */
function addKeywords(schema: JsonValue, keywords: Set<string>): void {
  if (Array.isArray(schema)) for (const item of schema) addKeywords(item, keywords);
  else if (isObject(schema)) {
    for (const [keyword, value] of Object.entries(schema)) {
      keywords.add(keyword);
      addKeywords(value, keywords);
    }
  }
}

/** Not made at random: identifiers have to be known to the validator. */
const notMade = ['$id'];

test('what 500 random schemas of all keywords let a model write is valid', () => {
  let nSamples = 0;
  const keywords = new Set<string>();
  fc.assert(
    fc.property(arbitrarySchema, fc.integer(), (schema, seed) => {
      const grammar = grammarOf(schema);
      fc.pre(grammar !== undefined);
      expect(endlessRules(grammar)).toEqual([]);
      const validate = validatorOf(schema);
      fc.pre(validate !== undefined);
      addKeywords(schema, keywords);
      const write = sampler(grammar, randomNumbers(seed));
      for (let i = 0; i < 5; i++) {
        const text = write();
        nSamples++;
        const errors = validate(JSON.parse(text) as JsonValue);
        if (errors !== '') expect.unreachable(`${text}: ${errors}`);
      }
    }),
    { numRuns: 500 },
  );
  expect(nSamples).toBeGreaterThanOrEqual(2500);
  const missing = Object.values(honouredKeywords)
    .flat()
    .filter((keyword) => !keywords.has(keyword));
  // The older form of tuples has a test of its own.
  expect(missing.sort()).toEqual([...notMade, 'additionalItems'].sort());
}, 120_000);

test('what 200 random tuples of older drafts let a model write is valid', () => {
  const validator = new Ajv({ strict: false, multipleOfPrecision: 9, formats: isFormat });
  fc.assert(
    fc.property(arbitraryTuple, fc.integer(), (schema, seed) => {
      const grammar = grammarOf(schema);
      fc.pre(grammar !== undefined);
      const validate = validator.compile(schema);
      const write = sampler(grammar, randomNumbers(seed));
      for (let i = 0; i < 5; i++) {
        const text = write();
        if (!validate(JSON.parse(text))) expect.unreachable(`${text}: ${JSON.stringify(schema)}`);
      }
    }),
    { numRuns: 200 },
  );
});

test('valid values in the declared order are accepted, compact, spaced and indented', () => {
  fc.assert(
    fc.property(arbitraryExample, ({ schema, value }) => {
      const grammar = parseGbnf(schemaToGrammar(schema));
      const compact = JSON.stringify(value);
      const indented = JSON.stringify(value, null, 2);
      for (const text of [compact, indented]) {
        if (!matches(grammar, text))
          expect.unreachable(`${text} is refused by the grammar of ${JSON.stringify(schema)}`);
      }
    }),
    { numRuns: 500 },
  );
}, 120_000);

describe('formats', () => {
  test.each(Object.keys(isFormat))('what is made for %s is valid', (format) => {
    const rules = new RuleSet();
    rules.define('root', textRule(rules, formatAutomaton(format)!, 'text'));
    const grammar = parseGbnf(rules.toString());
    const write = sampler(grammar, randomNumbers(1));
    for (let i = 0; i < 200; i++) {
      const text = write();
      expect({ text, isValid: isFormat[format]!(text) }).toEqual({ text, isValid: true });
    }
  });

  test.each([
    ['date', '2024-02-29', '2023-02-29'],
    ['date', '2000-02-29', '1900-02-29'],
    ['date', '2025-12-31', '2025-11-31'],
    ['time', '23:59:59Z', '24:00:00Z'],
    ['time', '12:30:00.123+02:00', '12:30:00'],
    ['date-time', '2025-03-01T12:30:00Z', '2025-03-01 12:30:00Z'],
    ['duration', 'P3DT4H5M', 'P'],
    ['duration', 'P2W', 'P1Y2D'],
    ['email', 'jane.doe+tag@mail.example.co.uk', 'jane@localhost'],
    ['hostname', 'a-b.example.org', '-a.example.org'],
    ['ipv4', '192.168.0.255', '192.168.0.256'],
    ['ipv6', '2001:db8::ff00:42:8329', '2001:db8:::1'],
    ['ipv6', '::', '1:2:3:4:5:6:7:8:9'],
    ['ipv6', '1:2:3:4:5:6:7::', '1:2:3:4:5:6:7'],
    ['uri', 'https://example.org:8080/a/b%20c?x=1&y=2#top', '//example.org'],
    ['uri', 'mailto:jane@example.org', 'no scheme'],
    ['uuid', '123e4567-E89b-12d3-a456-426614174000', '123e4567e89b12d3a456426614174000'],
    ['json-pointer', '/a~1b/0', 'a/b'],
  ])('%s: %s, not %s', (format, valid, invalid) => {
    expect(accepts(formatAutomaton(format)!, valid)).toBe(true);
    expect(accepts(formatAutomaton(format)!, invalid)).toBe(false);
  });
});

describe('patterns', () => {
  const atom = fc.constantFrom(
    'a',
    'b',
    '.',
    '\\d',
    '\\w',
    '\\W',
    '[ab]',
    '[^a]',
    '[a-c0-2]',
    '\\s',
    '-',
    '\\.',
    'é',
    '[\\d-]',
  );
  const pattern = fc
    .letrec<{ regex: string }>((tie) => ({
      regex: fc.oneof(
        { depthSize: 'small', maxDepth: 4 },
        atom,
        fc.tuple(tie('regex'), tie('regex')).map(([a, b]) => a + b),
        fc.tuple(tie('regex'), tie('regex')).map(([a, b]) => `(?:${a}|${b})`),
        fc
          .tuple(tie('regex'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,2}', '{2,}', '*?', '+?'))
          .map(([a, q]) => `(${a})${q}`),
      ),
    }))
    .regex.chain((body) =>
      fc
        .tuple(fc.constantFrom('', '^', '^(?!a)', '^(?=.*b)'), fc.constantFrom('', '$'))
        .map(([start, end]) => `${start}${body}${end}`),
    );
  const text = fc
    .array(fc.constantFrom(...'aabbc012-. é_\n"'), { maxLength: 8 })
    .map((parts) => parts.join(''));

  test('match what JavaScript matches', () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 5, maxLength: 5 }), (source, texts) => {
        const automaton = new Automata().pattern(source);
        // The only difference of `\s`, `.` and the like between modes would be surrogates, which are not made.
        const regex = new RegExp(source, isValid(source, 'u') ? 'u' : '');
        for (const value of texts) {
          expect({ source, value, matches: accepts(automaton, value) }).toEqual({
            source,
            value,
            matches: regex.test(value),
          });
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('let a model write only what JavaScript matches', () => {
    fc.assert(
      fc.property(pattern, fc.integer(), (source, seed) => {
        const grammar = grammarOf({ type: 'string', pattern: source });
        fc.pre(grammar !== undefined);
        const write = sampler(grammar, randomNumbers(seed));
        const regex = new RegExp(source, isValid(source, 'u') ? 'u' : '');
        for (let i = 0; i < 5; i++) {
          const value = JSON.parse(write()) as string;
          expect({ source, value, matches: regex.test(value) }).toEqual({ source, value, matches: true });
        }
      }),
      { numRuns: 500 },
    );
  });

  function isValid(source: string, flags: string): boolean {
    try {
      return Boolean(new RegExp(source, flags));
    } catch {
      return false;
    }
  }
});

describe('number ranges', () => {
  const bound = (value: fc.Arbitrary<number>): fc.Arbitrary<Bound | undefined> =>
    fc.option(fc.record({ value, exclusive: fc.boolean() }), { nil: undefined });

  function isWithin(value: number, min: Bound | undefined, max: Bound | undefined): boolean {
    const above = min === undefined || (min.exclusive ? value > min.value : value >= min.value);
    return above && (max === undefined || (max.exclusive ? value < max.value : value <= max.value));
  }

  test('of integers hold exactly the integers between the bounds', () => {
    const some = fc.oneof(
      fc.integer({ min: -1200, max: 1200 }),
      fc.double({ min: -50, max: 50, noNaN: true }),
    );
    fc.assert(
      fc.property(
        bound(some),
        bound(some),
        fc.array(fc.integer({ min: -1300, max: 1300 }), { minLength: 20 }),
        (min, max, values) => {
          const pattern = integerRangePattern(min, max);
          const regex = pattern === undefined ? /(?!)/ : new RegExp(`^(?:${pattern})$`);
          for (const value of [...values, 0, min?.value ?? 0, max?.value ?? 0].map(Math.round)) {
            const text = String(value + 0);
            expect({ text, within: regex.test(text) }).toEqual({ text, within: isWithin(value, min, max) });
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('of decimals hold exactly the decimals between the bounds', () => {
    const decimal = fc
      .tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: 0, max: 5 }))
      .map(([n, e]) => n / 10 ** e);
    fc.assert(
      fc.property(
        bound(decimal),
        bound(decimal),
        fc.array(decimal, { minLength: 20 }),
        (min, max, values) => {
          const pattern = decimalRangePattern(min, max);
          const regex = pattern === undefined ? /(?!)/ : new RegExp(`^(?:${pattern})$`);
          for (const value of [...values, 0, min?.value ?? 1, max?.value ?? 1]) {
            const text = (Object.is(value, -0) ? 0 : value).toFixed(9).replace(/\.?0+$/, '');
            expect({ text, within: regex.test(text) }).toEqual({
              text,
              within: isWithin(Number(text), min, max),
            });
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
