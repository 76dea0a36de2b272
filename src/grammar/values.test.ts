/** What grammars of schemas accept: values of any kind: types, lists of values, annotations. */
import { describeCases, type NamedCase } from './testdata/cases.ts';

const cases: readonly NamedCase[] = [
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
      schema: { format: 'email', enum: ['nobody', 'ada@example.org'] },
      accepts: ['"ada@example.org"'],
      rejects: ['"nobody"'],
    },
  ],
  ['const', { schema: { const: 'x"y' }, accepts: ['"x\\"y"'], rejects: ['"x"'] }],
  [
    'types that keywords imply',
    {
      schema: { properties: { a: { minimum: 1, maximum: 2 }, b: { items: { const: 1 } } } },
      accepts: ['{"a":1.5}', '{"b":[1,1]}'],
      rejects: ['1', '{"a":"x"}'],
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
];

describeCases(cases);
