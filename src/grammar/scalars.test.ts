/** What grammars of schemas accept: numbers and strings. */
import { describeCases, type NamedCase } from './testdata/cases.ts';

const cases: readonly NamedCase[] = [
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
      accepts: ['0', '7', '14', '700', '999999999999994'],
      // A multiple, but rounded to 9614601333696332 where it is read.
      rejects: ['1', '8', '-7', '9614601333696331'],
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
];

describeCases(cases);
