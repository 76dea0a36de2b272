/** Schemas that are refused, and those that would cost too much. */
import { describe, expect, test } from 'vitest';
import { isCriaError } from '../errors.ts';
import type { JsonValue } from '../types/json.ts';
import { schemaToGrammar } from './index.ts';
import { matches, parseGbnf } from './testdata/gbnf.ts';

describe('refused schemas name the keyword and its place', () => {
  const refused: readonly (readonly [JsonValue, string, string])[] = [
    [{ not: { type: 'string' } }, 'not', '#/not'],
    [{ properties: { a: { if: {}, else: {} } } }, 'if', '#/properties/a/if'],
    [{ type: 'array', contains: { const: 1 } }, 'contains', '#/contains'],
    [{ dependentRequired: { a: ['b'] } }, 'dependentRequired', '#/dependentRequired'],
    [{ dependentSchemas: {} }, 'dependentSchemas', '#/dependentSchemas'],
    [{ dependencies: {} }, 'dependencies', '#/dependencies'],
    [{ unevaluatedItems: false }, 'unevaluatedItems', '#/unevaluatedItems'],
    [{ $dynamicRef: '#x' }, '$dynamicRef', '#/$dynamicRef'],
    [{ type: 'array', uniqueItems: true }, 'uniqueItems', '#/uniqueItems'],
    [
      { items: { type: 'array', items: { type: 'string' }, uniqueItems: true } },
      'uniqueItems',
      '#/items/uniqueItems',
    ],
    [{ oneOf: [{ type: 'integer' }, { type: 'number' }] }, 'oneOf', '#/oneOf'],
    [{ oneOf: [{ properties: { a: {} } }, { properties: { b: {} } }] }, 'oneOf', '#/oneOf'],
    [{ oneOf: [{ const: 'a' }, { type: 'string' }] }, 'oneOf', '#/oneOf'],
    [{ properties: { a: {}, b: {}, c: {} }, minProperties: 2 }, 'minProperties', '#/minProperties'],
    [{ properties: { a: {}, b: {} }, maxProperties: 1 }, 'maxProperties', '#/maxProperties'],
    [{ type: 'string', pattern: '(' }, 'pattern', '#/pattern'],
    [{ type: 'string', pattern: '(a)\\1' }, 'pattern', '#/pattern'],
    [{ type: 'string', pattern: '\\bword\\b' }, 'pattern', '#/pattern'],
    [{ type: 'string', pattern: 'a(?=b)' }, 'pattern', '#/pattern'],
    [{ type: 'string', pattern: '(?<=a)b' }, 'pattern', '#/pattern'],
    [{ type: 'string', pattern: 'a^b' }, 'pattern', '#/pattern'],
    [{ type: 'string', format: 'regex' }, 'format', '#/format'],
    [{ type: 'number', multipleOf: 0.00001234 }, 'multipleOf', '#/multipleOf'],
    [{ type: 'text' }, 'type', '#/type'],
    [{ type: 'string', minLength: 1e9 }, 'minLength', '#/minLength'],
    [{ type: 'array', minItems: 1e9 }, 'minItems', '#/minItems'],
    [{ minLength: -1 }, 'minLength', '#/minLength'],
    [{ minLength: '3' }, 'minLength', '#/minLength'],
    [{ maximum: 'x' }, 'maximum', '#/maximum'],
    [{ properties: [] }, 'properties', '#/properties'],
    [{ properties: { a: 1 } }, 'properties', '#/properties/a'],
    [{ required: 'a' }, 'required', '#/required'],
    [{ enum: 'a' }, 'enum', '#/enum'],
    [{ anyOf: {} }, 'anyOf', '#/anyOf'],
    [{ $ref: 'https://example.org/schema' }, '$ref', '#/$ref'],
    [{ $ref: '#/$defs/nothing' }, '$ref', '#/$ref'],
    [{ properties: { a: { $ref: '#/$defs/x' } } }, '$ref', '#/properties/a/$ref'],
    [{ $ref: '#' }, '$ref', '#/$ref'],
    [
      { properties: { a: { $ref: '#/properties/b' }, b: { $ref: '#/properties/a' } } },
      '$ref',
      '#/properties/b/$ref',
    ],
    [
      { allOf: [{ unevaluatedProperties: false }, { properties: { a: {} } }] },
      'unevaluatedProperties',
      '#/allOf/0',
    ],
    [false, 'schema', '#'],
    [{ enum: [] }, 'schema', '#'],
    [{ type: 'integer', minimum: 2, maximum: 1 }, 'schema', '#'],
    [{ type: 'integer', exclusiveMinimum: 1, exclusiveMaximum: 2 }, 'schema', '#'],
    [{ allOf: [{ type: 'string' }, { type: 'integer' }] }, 'schema', '#'],
    [{ properties: { a: false }, required: ['a'] }, 'schema', '#'],
    [{ required: ['a'], additionalProperties: false }, 'schema', '#'],
    [{ properties: { a: { $ref: '#' } }, required: ['a'] }, 'schema', '#'],
    [{ type: 'string', pattern: '^a$', minLength: 2 }, 'schema', '#'],
    [[], 'schema', '#'],
    ['object', 'schema', '#'],
    [null, 'schema', '#'],
  ];

  test.each(refused)('%j', (schema, keyword, pointer) => {
    try {
      schemaToGrammar(schema);
    } catch (error) {
      if (!isCriaError(error, 'unsupported_schema')) throw error;
      expect(error.data).toEqual({ keyword, pointer });
      expect(error.message).toContain(`"${keyword}" at ${pointer}`);
      return;
    }
    expect.unreachable('it was accepted');
  });
});

describe('hostile schemas', () => {
  const deep = (depth: number, wrap: (inner: JsonValue) => JsonValue): JsonValue => {
    let schema: JsonValue = { type: 'null' };
    for (let i = 0; i < depth; i++) schema = wrap(schema);
    return schema;
  };
  const product = (n: number): JsonValue => ({
    allOf: Array.from({ length: n }, (_, i) => ({
      anyOf: Array.from({ length: 4 }, (_, j) => ({ properties: { [`p${i}`]: { const: j } } })),
    })),
  });

  test.each<[string, JsonValue]>([
    ['deep arrays', deep(100_000, (items) => ({ type: 'array', items }))],
    ['deep objects', deep(150, (a) => ({ type: 'object', properties: { a } }))],
    ['deep anyOf', deep(20_000, (inner) => ({ anyOf: [inner] }))],
    ['deep allOf', deep(5000, (inner) => ({ allOf: [inner] }))],
    ['alternatives that multiply', product(30)],
    ['large repetitions', { type: 'string', pattern: '^(?:a{0,2000}){0,2000}$' }],
    ['a pattern with many states', { type: 'string', pattern: '^(?:.*a.{20})$' }],
    ['a long pattern', { type: 'string', pattern: 'ab'.repeat(20_000) }],
    ['nested groups', { type: 'string', pattern: `^${'('.repeat(3000)}a${')'.repeat(3000)}$` }],
    [
      'many long bounds',
      {
        type: 'object',
        properties: Object.fromEntries(
          Array.from({ length: 3000 }, (_, i) => [
            `p${i}`,
            { type: 'array', items: { const: i }, maxItems: 255 },
          ]),
        ),
      },
    ],
    [
      'many properties with patterns',
      {
        type: 'object',
        properties: Object.fromEntries(
          Array.from({ length: 2000 }, (_, i) => [`p${i}`, { pattern: `^.{0,40}${i}` }]),
        ),
      },
    ],
    [
      'an array of uncountably many',
      { type: 'array', items: { type: 'array', minItems: 900_000, items: { const: 1 } }, minItems: 900_000 },
    ],
  ])('%s', (_name, schema) => {
    let grammar = '';
    try {
      grammar = schemaToGrammar(schema);
    } catch (error) {
      expect(isCriaError(error, 'unsupported_schema')).toBe(true);
    }
    expect(grammar.length).toBeLessThanOrEqual(1 << 20);
  });

  test('a wide object is fine', () => {
    const names = Array.from({ length: 400 }, (_, i) => `property${i}`);
    const schema = {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, { type: 'integer' }])),
    };
    const grammar = parseGbnf(schemaToGrammar(schema));
    expect(matches(grammar, '{"property7":1,"property399":2}')).toBe(true);
    expect(matches(grammar, '{"property399":1,"property7":2}')).toBe(false);
  });
});
