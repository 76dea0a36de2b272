/** What grammars of schemas accept: arrays. */
import { describeCases, type NamedCase } from './testdata/cases.ts';

const cases: readonly NamedCase[] = [
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
];

describeCases(cases);
