/** What grammars of schemas accept, keyword by keyword, and which schemas are refused. */
import { describe, expect, test } from 'vitest';
import { isCriaError } from '../errors.ts';
import type { JsonValue } from '../types/json.ts';
import { addAnyObject, addSchema, jsonGrammar, literal, RuleSet, schemaToGrammar } from './index.ts';
import { endlessRules, matches, parseGbnf } from './testdata/gbnf.ts';

interface Case {
  readonly schema: JsonValue;
  readonly accepts: readonly string[];
  readonly rejects: readonly string[];
}

const cases: readonly (readonly [string, Case])[] = [
  [
    'no keywords',
    {
      schema: {},
      accepts: ['null', '1.5e3', '"a"', '[]', '{"a": [1, {"b": null}]}', 'true', '-0'],
      rejects: ['', '01', '1.', '.5', '"a', '{a: 1}', '[1,]', '{"a":}', '+1', "'a'", 'nul', '"\n"', '"\\x"'],
    },
  ],
  ['true', { schema: true, accepts: ['0', '{}'], rejects: ['x'] }],
  [
    'types',
    {
      schema: { type: ['integer', 'null', 'boolean'] },
      accepts: ['12', 'null', 'true', 'false', '-3'],
      rejects: ['1.5', '"a"', '[]'],
    },
  ],
  ['nullable', { schema: { type: 'string', nullable: true }, accepts: ['"x"', 'null'], rejects: ['1'] }],
  [
    'number',
    {
      schema: { type: 'number' },
      accepts: ['1', '-1.25', '1e5', '1.5E-3', '0.1'],
      rejects: ['1e', '--1', '"1"', '1e999'],
    },
  ],
  [
    'strings',
    {
      schema: { type: 'string' },
      accepts: ['""', '"a b"', '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\u00e9"', '"\\ud83d\\ude00"', '"😀"', '"é"'],
      rejects: ['"\t"', '"\\a"', '"\\u12"', '"\\ud83d"', '"\\ude00"', '"a"b"', '"\u007f"'],
    },
  ],
  [
    'string length in characters',
    {
      schema: { type: 'string', minLength: 2, maxLength: 3 },
      accepts: ['"ab"', '"abc"', '"😀😀"', '"\\ud83d\\ude00\\n"', '"\\\\\\""'],
      rejects: ['"a"', '"abcd"', '"😀"', '"\\ud83d\\ude00"'],
    },
  ],
  [
    'long bounds',
    {
      schema: { type: 'string', minLength: 300, maxLength: 1000 },
      accepts: [`"${'x'.repeat(300)}"`, `"${'x'.repeat(777)}"`, `"${'x'.repeat(1000)}"`],
      rejects: [`"${'x'.repeat(299)}"`, `"${'x'.repeat(1001)}"`],
    },
  ],
  [
    'lengths that no answer reaches',
    { schema: { type: 'string', maxLength: 2147483647 }, accepts: ['"abc"'], rejects: ['1'] },
  ],
  [
    'pattern anywhere',
    {
      schema: { type: 'string', pattern: 'a[0-9]+b' },
      accepts: ['"a1b"', '"xxa22byy"', '"\\na1b\\""'],
      rejects: ['"ab"', '"a1"', '"b1a"'],
    },
  ],
  [
    'anchored pattern',
    {
      schema: { type: 'string', pattern: '^(foo|ba[rz])-\\d{2,3}$' },
      accepts: ['"foo-12"', '"baz-123"'],
      rejects: ['"foo-1"', '"xfoo-12"', '"foo-1234"', '"bar-12 "'],
    },
  ],
  [
    'patterns of characters that JSON escapes',
    {
      schema: { type: 'string', pattern: '^["\\\\\\n\\t]+é$' },
      accepts: ['"\\"é"', '"\\\\\\n\\té"'],
      rejects: ['"é"', '"\\/é"', '"xé"'],
    },
  ],
  [
    'pattern with length',
    {
      schema: { type: 'string', pattern: '^(ab)+$', minLength: 3, maxLength: 7 },
      accepts: ['"abab"', '"ababab"'],
      rejects: ['"ab"', '"abababab"', '"aba"'],
    },
  ],
  [
    'lookahead at the start',
    {
      schema: { type: 'string', pattern: '^(?!-)(?!.*--)[a-z-]{2,9}$' },
      accepts: ['"a-b"', '"ab-"'],
      rejects: ['"-ab"', '"a--b"', '"a"'],
    },
  ],
  [
    'integer bounds',
    {
      schema: { type: 'integer', minimum: -12, exclusiveMaximum: 105 },
      accepts: ['-12', '-9', '0', '7', '99', '100', '104'],
      rejects: ['-13', '105', '1000', '-0', '07', '1.0'],
    },
  ],
  [
    'a flag as exclusive bound',
    {
      schema: { type: 'integer', minimum: 3, exclusiveMinimum: true, maximum: 5 },
      accepts: ['4', '5'],
      rejects: ['3', '6'],
    },
  ],
  [
    'one-sided integer bound',
    { schema: { type: 'integer', minimum: 0 }, accepts: ['0', '12345'], rejects: ['-1', '00'] },
  ],
  [
    'number bounds',
    {
      schema: { type: 'number', minimum: -1.5, exclusiveMaximum: 2.25 },
      accepts: ['-1.5', '-1.49', '-0.001', '0', '0.0', '1', '2', '2.2', '2.2499', '1.999'],
      rejects: ['-1.51', '-2', '2.25', '2.250', '2.3', '3', '1e0'],
    },
  ],
  [
    'exclusive bound of zero',
    {
      schema: { type: 'number', exclusiveMinimum: 0 },
      accepts: ['0.1', '1', '0.0001', '12.5'],
      rejects: ['0', '0.0', '0.000', '-1'],
    },
  ],
  [
    'tiny bounds',
    {
      schema: { type: 'number', minimum: 1e-7, maximum: 2.5e-7 },
      accepts: ['0.0000001', '0.00000025', '0.0000002'],
      rejects: ['0', '0.0000003', '0.00000009'],
    },
  ],
  [
    'huge bounds',
    {
      schema: { type: 'number', maximum: 1e300 },
      accepts: ['5', '-9999999999999999', '0.5'],
      rejects: ['x'],
    },
  ],
  [
    'multiples of an integer',
    {
      schema: { type: 'integer', multipleOf: 7, minimum: 0 },
      accepts: ['0', '7', '14', '700'],
      rejects: ['1', '8', '-7'],
    },
  ],
  [
    'multiples of a fraction',
    {
      schema: { type: 'number', multipleOf: 0.25 },
      accepts: ['0.25', '-1.5', '3', '2.75', '1.0'],
      rejects: ['0.2', '1.3', '1.255'],
    },
  ],
  [
    'hundredths',
    {
      schema: { type: 'number', multipleOf: 0.01, minimum: 0, maximum: 1.234 },
      accepts: ['0.5', '1.23', '0', '1.2'],
      rejects: ['1.24', '0.125', '1.234', '2'],
    },
  ],
  [
    'enum',
    {
      schema: { enum: ['a', 1, null, { k: [1] }] },
      accepts: ['"a"', '1', 'null', '{"k":[1]}', '{\n  "k": [ 1 ]\n}'],
      rejects: ['"b"', '2', '{"k":[2]}', '{}'],
    },
  ],
  [
    'enum beside other keywords',
    {
      schema: { type: 'string', enum: ['a', 'abc', 5, 'b'], minLength: 2 },
      accepts: ['"abc"'],
      rejects: ['"a"', '5', '"b"'],
    },
  ],
  [
    'enum beside a format',
    {
      schema: { format: 'email', enum: ['"odd name"@example.org'] },
      accepts: ['"\\"odd name\\"@example.org"'],
      rejects: [],
    },
  ],
  ['const', { schema: { const: 'x"y' }, accepts: ['"x\\"y"'], rejects: ['"x"'] }],
  [
    'objects: order, required and optional members',
    {
      schema: {
        type: 'object',
        properties: {
          a: { type: 'integer' },
          b: { type: 'integer' },
          c: { type: 'integer' },
          d: { type: 'integer' },
        },
        required: ['b', 'd'],
      },
      accepts: [
        '{"b":1,"d":2}',
        '{"a":0,"b":1,"d":2}',
        '{"b":1,"c":3,"d":2}',
        '{ "a": 0, "b": 1, "c": 3, "d": 2 }',
        '{\n\t"b": 1,\n\t"d": 2\n}',
      ],
      rejects: [
        '{}',
        '{"b":1}',
        '{"d":2}',
        '{"a":0,"d":2}',
        '{"d":2,"b":1}',
        '{"b":1,"d":2,}',
        '{,"b":1,"d":2}',
        '{"b":1,"d":2,"e":3}',
        '{"b":1 ,"d":2}',
        '{"b":1,"b":1,"d":2}',
      ],
    },
  ],
  [
    'objects of optional members',
    {
      schema: { type: 'object', properties: { a: {}, b: {} } },
      accepts: ['{}', '{ }', '{"a":1}', '{"b":[]}', '{"a":1, "b":2}'],
      rejects: ['{"b":1,"a":2}', '{"c":1}', '{,}', '{"a":1,}'],
    },
  ],
  [
    'required without a schema',
    {
      schema: { type: 'object', required: ['x'] },
      accepts: ['{"x":1}', '{"x":{"y":[]}}'],
      rejects: ['{}', '{"y":1}'],
    },
  ],
  [
    'any object',
    { schema: { type: 'object' }, accepts: ['{}', '{"a":{"b":1},"c":[]}'], rejects: ['[]', '1'] },
  ],
  [
    'additional properties',
    {
      schema: {
        type: 'object',
        properties: { a: { type: 'string' } },
        additionalProperties: { type: 'integer' },
      },
      accepts: ['{}', '{"a":"x"}', '{"b":1,"c":2}', '{"a":"x","aa":2,"":3}', '{"A":1}'],
      rejects: ['{"a":1}', '{"b":"x"}', '{"b":1,"a":"x"}', '{"b":1,"\\u0061":2}'],
    },
  ],
  [
    'closed objects',
    { schema: { type: 'object', additionalProperties: false }, accepts: ['{}'], rejects: ['{"a":1}'] },
  ],
  [
    'unevaluated properties',
    {
      schema: { properties: { a: {} }, unevaluatedProperties: false },
      accepts: ['{"a":1}', '{}'],
      rejects: ['{"b":1}'],
    },
  ],
  [
    'pattern properties',
    {
      schema: {
        type: 'object',
        properties: { id: { type: 'null' } },
        patternProperties: { '^n_': { type: 'integer' }, _s$: { type: ['string', 'integer'] } },
        additionalProperties: false,
      },
      accepts: ['{"id":null,"n_a":1}', '{"x_s":"t"}', '{"n_s":1}'],
      rejects: ['{"n_a":"t"}', '{"n_s":"t"}', '{"q":1}', '{"id":1}'],
    },
  ],
  [
    'a declared property that a pattern names, too',
    {
      schema: {
        properties: { ab: { type: 'integer' } },
        patternProperties: { '^a': { maximum: 5 } },
        required: ['ab'],
      },
      accepts: ['{"ab":5}', '{"ab":5,"ac":1.5}'],
      rejects: ['{"ab":6}', '{"ab":1.5}'],
    },
  ],
  [
    'property names',
    {
      schema: {
        type: 'object',
        propertyNames: { enum: ['x', 'y'] },
        additionalProperties: { type: 'integer' },
      },
      accepts: ['{"x":1}', '{"y":1,"x":2}', '{}'],
      rejects: ['{"z":1}'],
    },
  ],
  [
    'property name patterns',
    {
      schema: { type: 'object', propertyNames: { pattern: '^[a-z]+$', maxLength: 3 } },
      accepts: ['{"abc":1}'],
      rejects: ['{"abcd":1}', '{"A":1}', '{"":1}'],
    },
  ],
  [
    'at least one property',
    {
      schema: { properties: { a: {}, b: {} }, minProperties: 1 },
      accepts: ['{"a":1}', '{"b":1}'],
      rejects: ['{}'],
    },
  ],
  [
    'at most some properties',
    {
      schema: { type: 'object', additionalProperties: { type: 'integer' }, maxProperties: 2 },
      accepts: ['{}', '{"a":1,"b":2}'],
      rejects: ['{"a":1,"b":2,"c":3}'],
    },
  ],
  [
    'arrays',
    {
      schema: { type: 'array', items: { type: 'integer' } },
      accepts: ['[]', '[ ]', '[1]', '[1, 2,3]', '[\n  1,\n  2\n]'],
      rejects: ['[1,]', '["a"]', '[,1]', '1'],
    },
  ],
  [
    'array bounds',
    {
      schema: { type: 'array', items: { type: 'boolean' }, minItems: 2, maxItems: 3 },
      accepts: ['[true,false]', '[true,true,true]'],
      rejects: ['[]', '[true]', '[true,true,true,true]'],
    },
  ],
  ['arrays of at most none', { schema: { type: 'array', maxItems: 0 }, accepts: ['[]'], rejects: ['[1]'] }],
  [
    'tuples',
    {
      schema: {
        type: 'array',
        prefixItems: [{ type: 'string' }, { type: 'integer' }],
        items: { type: 'null' },
        minItems: 1,
      },
      accepts: ['["a"]', '["a",1]', '["a",1,null,null]'],
      rejects: ['[]', '[1]', '["a",null]', '["a",1,2]'],
    },
  ],
  [
    'closed tuples of older drafts',
    {
      schema: {
        type: 'array',
        items: [{ type: 'string' }, { type: 'integer' }],
        additionalItems: false,
        minItems: 2,
      },
      accepts: ['["a",1]'],
      rejects: ['["a"]', '["a",1,2]'],
    },
  ],
  [
    'tuples of at least some',
    {
      schema: { prefixItems: [{ const: 1 }, { const: 2 }, { const: 3 }], minItems: 2, items: false },
      accepts: ['[1,2]', '[1,2,3]'],
      rejects: ['[1]', '[1,2,3,4]', '[2,1]'],
    },
  ],
  [
    'unique items of a list',
    {
      schema: {
        type: 'array',
        items: { enum: ['a', 'b', 'c'] },
        uniqueItems: true,
        minItems: 1,
        maxItems: 2,
      },
      accepts: ['["a"]', '["c","a"]', '["b", "c"]'],
      rejects: ['[]', '["a","a"]', '["a","b","c"]'],
    },
  ],
  [
    'anyOf',
    {
      schema: { anyOf: [{ type: 'integer' }, { type: 'string', maxLength: 1 }] },
      accepts: ['1', '"a"'],
      rejects: ['"ab"', 'null'],
    },
  ],
  [
    'anyOf beside other keywords',
    {
      schema: {
        type: 'object',
        properties: { kind: { type: 'string' } },
        required: ['kind'],
        anyOf: [
          { required: ['a'], properties: { a: { const: 1 } } },
          { required: ['b'], properties: { b: { const: 2 } } },
        ],
      },
      accepts: ['{"kind":"x","a":1}', '{"kind":"x","b":2}'],
      rejects: ['{"kind":"x"}', '{"a":1}'],
    },
  ],
  [
    'oneOf with a discriminator',
    {
      schema: {
        oneOf: [
          { type: 'object', properties: { t: { const: 'a' }, x: { type: 'integer' } }, required: ['t', 'x'] },
          { type: 'object', properties: { t: { const: 'b' }, y: { type: 'string' } }, required: ['t', 'y'] },
        ],
      },
      accepts: ['{"t":"a","x":1}', '{"t":"b","y":"z"}'],
      rejects: ['{"t":"a","y":"z"}', '{"t":"b"}'],
    },
  ],
  [
    'oneOf told apart by what is required',
    {
      schema: {
        oneOf: [
          { properties: { a: {} }, required: ['a'] },
          { properties: { b: {} }, required: ['b'] },
        ],
      },
      accepts: ['{"a":1}', '{"b":1}'],
      rejects: ['{}', '{"a":1,"b":1}'],
    },
  ],
  [
    'oneOf of ranges',
    {
      schema: {
        oneOf: [
          { type: 'integer', maximum: 3 },
          { type: 'integer', minimum: 4 },
        ],
      },
      accepts: ['3', '4', '-1'],
      rejects: ['1.5'],
    },
  ],
  [
    'oneOf of patterns',
    {
      schema: {
        oneOf: [
          { type: 'string', pattern: '^a' },
          { type: 'string', pattern: '^b' },
        ],
      },
      accepts: ['"a"', '"bx"'],
      rejects: ['"c"'],
    },
  ],
  [
    'oneOf of lists: shared values are left out',
    { schema: { oneOf: [{ enum: [1, 2] }, { enum: [2, 3] }] }, accepts: ['1', '3'], rejects: ['2'] },
  ],
  [
    'allOf',
    {
      schema: {
        allOf: [
          { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] },
          { properties: { a: { minimum: 3 }, b: { type: 'null' } } },
        ],
      },
      accepts: ['{"a":3}', '{"a":4,"b":null}'],
      rejects: ['{"a":2}', '{"b":null}', '{"a":3.5}'],
    },
  ],
  [
    'allOf with additionalProperties false',
    {
      schema: {
        allOf: [
          { properties: { a: {} }, additionalProperties: false },
          { properties: { a: { type: 'integer' }, b: {} } },
        ],
      },
      accepts: ['{}', '{"a":1}'],
      rejects: ['{"b":1}', '{"a":"x"}'],
    },
  ],
  [
    'allOf of anyOf',
    {
      schema: {
        allOf: [
          { anyOf: [{ type: 'string' }, { type: 'integer' }] },
          { anyOf: [{ type: 'integer' }, { type: 'null' }] },
        ],
      },
      accepts: ['1'],
      rejects: ['"a"', 'null'],
    },
  ],
  [
    'allOf of patterns',
    {
      schema: { type: 'string', allOf: [{ pattern: 'a' }, { pattern: 'b' }, { pattern: '^.{3}$' }] },
      accepts: ['"axb"', '"bba"'],
      rejects: ['"aaa"', '"ab"', '"abxx"'],
    },
  ],
  [
    'references and recursion',
    {
      schema: {
        $ref: '#/$defs/tree',
        $defs: {
          tree: {
            type: 'object',
            properties: { v: { type: 'integer' }, kids: { type: 'array', items: { $ref: '#/$defs/tree' } } },
            required: ['v'],
          },
        },
      },
      accepts: ['{"v":1}', '{"v":1,"kids":[{"v":2,"kids":[]},{"v":3}]}'],
      rejects: ['{"kids":[]}', '{"v":1,"kids":[{}]}'],
    },
  ],
  [
    'recursion through anyOf',
    {
      schema: { anyOf: [{ type: 'null' }, { type: 'array', items: { $ref: '#' }, minItems: 1 }] },
      accepts: ['null', '[null]', '[[null],null]'],
      rejects: ['[]', '[1]'],
    },
  ],
  [
    'a schema that offers itself',
    { schema: { anyOf: [{ $ref: '#' }, { type: 'integer' }] }, accepts: ['1'], rejects: ['"a"'] },
  ],
  [
    'references by anchor and by escaped pointer',
    {
      schema: {
        properties: { a: { $ref: '#num' }, b: { $ref: '#/$defs/x~1y%20z' } },
        $defs: { n: { $anchor: 'num', type: 'integer' }, 'x/y z': { type: 'null' } },
      },
      accepts: ['{"a":1,"b":null}'],
      rejects: ['{"a":null}'],
    },
  ],
  [
    'keywords beside $ref',
    {
      schema: { $ref: '#/$defs/n', maximum: 3, $defs: { n: { type: 'integer', minimum: 1 } } },
      accepts: ['1', '3'],
      rejects: ['0', '4'],
    },
  ],
  [
    'types that keywords imply',
    {
      schema: { properties: { a: { minimum: 1, maximum: 2 }, b: { items: { const: 1 } } } },
      accepts: ['{"a":1.5}', '{"b":[1,1]}'],
      rejects: ['1', '{"a":"x"}'],
    },
  ],
  [
    'optional properties that cannot be',
    {
      schema: { properties: { a: false, b: { type: 'null' } } },
      accepts: ['{}', '{"b":null}'],
      rejects: ['{"a":1}'],
    },
  ],
  [
    'branches that cannot be',
    {
      schema: { anyOf: [{ type: 'integer', minimum: 5, maximum: 4 }, { type: 'null' }] },
      accepts: ['null'],
      rejects: ['5', '4'],
    },
  ],
  [
    'annotations and unknown keywords',
    {
      schema: {
        type: 'null',
        title: 't',
        description: 'd',
        default: 1,
        examples: [2],
        $schema: 's',
        $comment: 'c',
        deprecated: true,
        readOnly: true,
        writeOnly: true,
        'x-y': {},
        format: 'int32',
      },
      accepts: ['null'],
      rejects: ['1'],
    },
  ],
  [
    'names that need escaping',
    {
      schema: { properties: { 'a"b\\c\né😀': { type: 'null' } }, required: ['a"b\\c\né😀'] },
      accepts: ['{"a\\"b\\\\c\\né😀":null}'],
      rejects: ['{}'],
    },
  ],
  [
    'properties called like JavaScript ones',
    {
      schema: JSON.parse(
        '{"properties":{"__proto__":{"type":"null"},"constructor":{"type":"null"}},"required":["__proto__"]}',
      ),
      accepts: ['{"__proto__":null}', '{"__proto__":null,"constructor":null}'],
      rejects: ['{}'],
    },
  ],
];

describe.each(cases)('%s', (_name, { schema, accepts, rejects }) => {
  const grammar = parseGbnf(schemaToGrammar(schema));

  test('accepts', () => {
    for (const text of accepts)
      expect({ text, matches: matches(grammar, text) }).toEqual({ text, matches: true });
  });

  test('rejects', () => {
    for (const text of rejects)
      expect({ text, matches: matches(grammar, text) }).toEqual({ text, matches: false });
  });

  test('has no rule that never ends', () => {
    expect(endlessRules(grammar)).toEqual([]);
  });
});

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

describe('one grammar for several schemas', () => {
  test('shares the rules of JSON and keeps names apart', () => {
    const rules = new RuleSet();
    const first = addSchema(
      rules,
      { type: 'object', properties: { a: { type: 'string', maxLength: 3 } }, required: ['a'] },
      'tool',
    );
    const second = addSchema(
      rules,
      { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] },
      'tool',
    );
    const any = addAnyObject(rules);
    const call = (name: string, args: string): string =>
      `${literal(`{"name": ${JSON.stringify(name)}, "arguments": `)} ${args} "}"`;
    rules.define('root', [call('one', first), call('two', second), call('three', any)].join(' | '));
    const grammar = parseGbnf(rules.toString());
    expect(matches(grammar, '{"name": "one", "arguments": {"a": "x"}}')).toBe(true);
    expect(matches(grammar, '{"name": "two", "arguments": {"a": 1}}')).toBe(true);
    expect(matches(grammar, '{"name": "three", "arguments": {"b": [1]}}')).toBe(true);
    expect(matches(grammar, '{"name": "one", "arguments": {"a": 1}}')).toBe(false);
    expect(matches(grammar, '{"name": "four", "arguments": {}}')).toBe(false);
  });

  test('schemas may be called like the rules of JSON', () => {
    const rules = new RuleSet();
    const expression = addSchema(rules, { type: 'array', items: { type: 'string' }, minItems: 1 }, 'string');
    rules.define('root', expression);
    const grammar = parseGbnf(rules.toString());
    expect(matches(grammar, '["a"]')).toBe(true);
    expect(matches(grammar, '"a"')).toBe(false);
  });

  test.each(['plain', 'with "quotes" and \\ and\nlines\t\x01\x7f', 'é😀', ''])('literal %j', (text) => {
    const grammar = parseGbnf(`root ::= ${literal(text)} "."`);
    expect(matches(grammar, `${text}.`)).toBe(true);
    expect(matches(grammar, `${text}x`)).toBe(false);
  });
});

describe('any JSON object', () => {
  const grammar = parseGbnf(jsonGrammar());

  test.each(['{}', '{"a": 1}', '{\n  "a": [\n    1,\n    {"b": null}\n  ],\n  "c": "\\u00e9"\n}', '{ }'])(
    'accepts %s',
    (text) => {
      expect(matches(grammar, text)).toBe(true);
    },
  );

  test.each(['', '[]', '1', '{"a"}', '{"a":1', ' {}', '{} ', `{${' '.repeat(3)}}`, `{\n${' '.repeat(21)}}`])(
    'rejects %j',
    (text) => {
      expect(matches(grammar, text)).toBe(false);
    },
  );
});
