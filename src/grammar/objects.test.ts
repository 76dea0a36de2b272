/** What grammars of schemas accept: objects. */
import { describeCases, type NamedCase } from './testdata/cases.ts';

const cases: readonly NamedCase[] = [
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
    'optional properties that cannot be',
    {
      schema: { properties: { a: false, b: { type: 'null' } } },
      accepts: ['{}', '{"b":null}'],
      rejects: ['{"a":1}'],
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

describeCases(cases);
