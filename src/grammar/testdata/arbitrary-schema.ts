/** Random schemas, and random values with schemas that allow them, for property tests. */
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../types/json.ts';
import { honouredFormats } from '../formats.ts';

const name = fc.constantFrom('a', 'b', 'c', 'ab', 'x-1', 'é', 'a"b', 'name_s', 'n_1');
const patterns = [
  '^[a-z]+$',
  '^[A-Z][a-z]{2,5}$',
  '^\\d{3}-\\d{4}$',
  '^(foo|bar|baz)+$',
  'x',
  '[0-9]{2}',
  '^a.*z$',
  '^[^"]*$',
  '^\\S+@\\S+$',
  '^(?!no)[a-z]{2,6}$',
  '^#?([0-9a-f]{3}){1,2}$',
  'a|^b|c$',
  '^$',
  '[\\s\\S]',
  '^\\p{Lu}\\p{Ll}*$',
  '^["\\\\/\\n]{1,3}$',
];
/** Leaves out what is undefined. */
function compact(schema: { readonly [key: string]: JsonValue | undefined }): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );
}

function optional<T>(arbitrary: fc.Arbitrary<T>, likelihood = 0.4): fc.Arbitrary<T | undefined> {
  const weight = Math.round(likelihood * 100);
  return fc.oneof({ weight: 100 - weight, arbitrary: fc.constant(undefined) }, { weight, arbitrary });
}

const length = fc.integer({ min: 0, max: 12 });

const stringSchema = fc
  .record({
    minLength: optional(length),
    maxLength: optional(length.map((n) => n + 3)),
    pattern: optional(fc.constantFrom(...patterns)),
    format: optional(fc.constantFrom(...honouredFormats), 0.3),
  })
  .map((keywords) => compact({ type: 'string', ...keywords, ...(keywords.format ? { pattern: undefined } : {}) }));

const integerSchema = fc
  .record({
    minimum: optional(fc.integer({ min: -2000, max: 2000 })),
    maximum: optional(fc.integer({ min: -500, max: 5000 })),
    exclusiveMinimum: optional(fc.integer({ min: -2000, max: 100 }), 0.2),
    exclusiveMaximum: optional(fc.integer({ min: 0, max: 100_000 }), 0.2),
    multipleOf: optional(fc.constantFrom(1, 2, 3, 5, 7, 10, 12, 100), 0.2),
  })
  .map((keywords) => compact({ type: 'integer', ...keywords }));

const decimal = fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.integer({ min: 0, max: 6 })).map(([n, e]) => n / 10 ** e);

const numberSchema = fc
  .record({
    minimum: optional(decimal),
    maximum: optional(decimal),
    exclusiveMinimum: optional(decimal, 0.2),
    exclusiveMaximum: optional(decimal, 0.2),
    multipleOf: optional(fc.constantFrom(0.01, 0.5, 0.25, 0.1, 2.5, 3), 0.15),
  })
  .map((keywords) => compact({ type: 'number', ...keywords }));

/** Numbers as people write them; JSON can hold others, but no model needs them. */
const json = fc
  .jsonValue({ maxDepth: 2 })
  .map((value) => JSON.parse(JSON.stringify(value), (_, item) => (typeof item === 'number' ? Math.round(item % 1e6) / 8 : item)) as JsonValue);

const leaf = fc.oneof(
  { weight: 4, arbitrary: stringSchema },
  { weight: 3, arbitrary: integerSchema },
  { weight: 3, arbitrary: numberSchema },
  { weight: 1, arbitrary: fc.constantFrom<JsonValue>({ type: 'boolean' }, { type: 'null' }, {}, true) },
  { weight: 1, arbitrary: fc.array(json, { minLength: 1, maxLength: 4 }).map((values) => ({ enum: values })) },
  { weight: 1, arbitrary: json.map((value) => ({ const: value })) },
  { weight: 1, arbitrary: fc.subarray(['string', 'integer', 'null', 'boolean', 'object', 'array'], { minLength: 1 }).map((type) => ({ type })) },
  { weight: 1, arbitrary: stringSchema.map((schema) => ({ ...schema, nullable: true })) },
  { weight: 1, arbitrary: fc.constantFrom<JsonValue>({ $ref: '#/$defs/one' }, { $ref: '#two' }, { $ref: '#/definitions/three' }, { $ref: '#' }) },
  { weight: 1, arbitrary: stringSchema.map((schema) => ({ ...schema, not: false })) },
);

const uniqueArray = fc
  .record({
    values: fc.uniqueArray(fc.oneof(fc.nat(9), fc.string({ maxLength: 3 }), fc.constantFrom(true, null)), { minLength: 1, maxLength: 5 }),
    minItems: optional(fc.nat(1)),
    maxItems: optional(fc.integer({ min: 1, max: 4 })),
  })
  .map(({ values, ...counts }) => compact({ type: 'array', items: { enum: values }, uniqueItems: true, ...counts }));

/** Lists as up to draft 2019-09, for validators of such a draft. */
export const arbitraryTuple: fc.Arbitrary<JsonObject> = fc
  .record({
    items: fc.array(fc.oneof(stringSchema, integerSchema, numberSchema), { minLength: 1, maxLength: 3 }),
    additionalItems: optional(fc.oneof(fc.boolean(), integerSchema)),
    minItems: optional(fc.integer({ min: 0, max: 3 })),
    maxItems: optional(fc.integer({ min: 1, max: 5 })),
  })
  .map((keywords) => compact({ type: 'array', ...keywords }));

/** Schemas of the supported keywords; some allow nothing at all. */
export const arbitrarySchema: fc.Arbitrary<JsonValue> = fc
  .letrec<{ schema: JsonValue; object: JsonObject; array: JsonObject }>((tie) => ({
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 4, arbitrary: leaf },
      { weight: 4, arbitrary: tie('object') },
      { weight: 2, arbitrary: tie('array') },
      { weight: 1, arbitrary: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })) },
      { weight: 1, arbitrary: fc.tuple(tie('object'), tie('object')).map((allOf) => ({ allOf })) },
      {
        weight: 1,
        arbitrary: fc.tuple(tie('object'), tie('object')).map((allOf) => ({ allOf, unevaluatedProperties: false })),
      },
      { weight: 1, arbitrary: uniqueArray },
      {
        weight: 1,
        arbitrary: fc.array(tie('object'), { minLength: 2, maxLength: 3 }).map((branches) => ({
          oneOf: branches.map((branch, i) => ({
            ...branch,
            properties: { ...(branch.properties as JsonObject), kind: { const: `k${i}` } },
            required: [...((branch.required as string[] | undefined) ?? []), 'kind'],
          })),
        })),
      },
      { weight: 1, arbitrary: fc.tuple(stringSchema, integerSchema, tie('array')).map((oneOf) => ({ oneOf })) },
    ),
    object: fc
      .record({
        properties: fc.dictionary(name, tie('schema'), { maxKeys: 4 }),
        requires: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        additionalProperties: optional(fc.oneof(fc.boolean(), leaf), 0.3),
        patternProperties: optional(fc.dictionary(fc.constantFrom('_s$', '^n_', '^[a-c]'), leaf, { maxKeys: 2 }), 0.15),
        minProperties: optional(fc.constantFrom(0, 1), 0.1),
        propertyNames: optional(fc.constantFrom<JsonValue>({ pattern: '^[a-z]' }, { maxLength: 3 }), 0.05),
        unevaluatedProperties: optional(fc.constant(false), 0.05),
        more: optional(fc.nat(2), 0.1),
      })
      .map(({ requires, more, ...keywords }) => {
        const names = Object.keys(keywords.properties);
        const required = names.filter((_, i) => requires[i]);
        return compact({
          type: 'object',
          ...keywords,
          maxProperties: more === undefined ? undefined : names.length + more,
          required: required.length > 0 ? required : undefined,
        });
      }),
    array: fc
      .record({
        items: optional(tie('schema'), 0.8),
        prefixItems: optional(fc.array(tie('schema'), { minLength: 1, maxLength: 3 }), 0.2),
        minItems: optional(fc.integer({ min: 0, max: 3 })),
        maxItems: optional(fc.integer({ min: 1, max: 5 })),
      })
      .map((keywords) => compact({ type: 'array', ...keywords })),
  }))
  .schema.chain((root) =>
    fc.tuple(leaf, stringSchema, integerSchema).map(([one, string, three]): JsonValue => {
      const two = { ...string, $anchor: 'two' };
      // The root stays what it is, and three leaves can be referred to.
      return typeof root === 'object' && root !== null && !Array.isArray(root)
        ? { ...root, $defs: { one, two }, definitions: { three } }
        : root;
    }),
  );

/** A schema and a value that it allows, written as models would write it. */
export interface Example {
  readonly schema: JsonValue;
  readonly value: JsonValue;
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((value) => !value.includes('\u007f'));

/** Values of schemas whose every value (in declared order) can be made. */
export const arbitraryExample: fc.Arbitrary<Example> = fc.letrec<{ example: Example }>((tie) => ({
  example: fc.oneof(
    { depthSize: 'small' },
    text.map((value): Example => {
      const nCharacters = [...value].length;
      return { schema: { type: 'string', minLength: Math.max(0, nCharacters - 2), maxLength: nCharacters + 1 }, value };
    }),
    fc.tuple(fc.integer({ min: -9999, max: 9999 }), fc.nat(50)).map(([value, gap]): Example => {
      return { schema: { type: 'integer', minimum: value - gap, maximum: value + gap }, value };
    }),
    fc.tuple(decimal, fc.nat(50)).map(([value, gap]): Example => {
      return { schema: { type: 'number', minimum: value - gap / 8, exclusiveMaximum: value + gap / 8 + 0.01 }, value };
    }),
    json.map((value): Example => ({ schema: { enum: [value, 'other'] }, value })),
    json.map((value): Example => ({ schema: {}, value })),
    fc.boolean().map((value): Example => ({ schema: { type: ['boolean', 'null'] }, value })),
    fc.tuple(tie('example'), tie('example')).map(([one, other]): Example => {
      return { schema: { anyOf: [other.schema, one.schema] }, value: one.value };
    }),
    fc.tuple(tie('example'), fc.nat(4)).map(([{ schema, value }, count]): Example => {
      const items = new Array<JsonValue>(count).fill(value);
      return { schema: { type: 'array', items: schema, minItems: Math.min(count, 2), maxItems: count + 1 }, value: items };
    }),
    fc.array(tie('example'), { minLength: 1, maxLength: 3 }).map((items): Example => {
      const schema = { prefixItems: items.map((item) => item.schema), items: false, minItems: 1 };
      return { schema, value: items.map((item) => item.value) };
    }),
    fc
      .tuple(fc.dictionary(name, tie('example'), { maxKeys: 4 }), fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }))
      .map(([members, kinds]): Example => {
        const entries = Object.entries(members).map((entry, i) => [...entry, kinds[i]] as const);
        const properties = Object.fromEntries(entries.map(([key, { schema }]) => [key, schema]));
        // 0: required, 1: optional and there, 2: optional and missing.
        const required = entries.filter(([, , kind]) => kind === 0).map(([key]) => key);
        const value = Object.fromEntries(entries.filter(([, , kind]) => kind !== 2).map(([key, member]) => [key, member.value]));
        return { schema: { type: 'object', properties, required }, value };
      }),
  ),
})).example;

/** Numbers from 0 to below 1 by a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
