/** What grammars of schemas accept: schemas made of others. */
import { describeCases, type NamedCase } from './testdata/cases.ts';

const cases: readonly NamedCase[] = [
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
    'branches that cannot be',
    {
      schema: { anyOf: [{ type: 'integer', minimum: 5, maximum: 4 }, { type: 'null' }] },
      accepts: ['null'],
      rejects: ['5', '4'],
    },
  ],
];

describeCases(cases);
