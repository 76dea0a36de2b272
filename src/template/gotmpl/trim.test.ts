/** Whitespace trimming against an independent model: what markers take away from the texts around an action. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseGoTemplate } from './template.ts';
import { fromJson } from './values.ts';

interface Action {
  readonly source: string;
  readonly output: string;
  readonly trimsLeft: boolean;
  readonly trimsRight: boolean;
}

const space = fc.constantFrom(' ', '\n', '\t', '\r', '\r\n', '\u00a0', '\u2003', '\v', '\f');
const text = fc
  .array(fc.oneof(space, fc.constantFrom('a', '-', '{', '}}', '"', 'é', '😀')), { maxLength: 8 })
  .map((parts) => parts.join(''));

const action = fc
  .record({
    body: fc.constantFrom(
      ['1', '1'],
      ['-3', '-3'],
      ['"}"', '}'],
      ['`-}}`', '-}}'],
      ['$x := 2', ''],
      ['.', 'dot'],
      ['/* {{- c -}} */', ''],
      ['/* \n */', ''],
    ),
    trimsLeft: fc.boolean(),
    trimsRight: fc.boolean(),
    padding: fc.constantFrom('', ' ', '\n'),
  })
  .map(({ body: [code = '', output = ''], trimsLeft, trimsRight, padding }): Action => {
    // A comment must touch the delimiter or its marker.
    const inner = code.startsWith('/*') ? '' : padding;
    const left = trimsLeft ? '{{- ' : '{{';
    const right = trimsRight ? ' -}}' : '}}';
    return { source: left + inner + code + inner + right, output, trimsLeft, trimsRight };
  });

const isSpace = (character: string | undefined): boolean =>
  character !== undefined && ' \t\r\n'.includes(character);

function trimEnd(value: string): string {
  let end = value.length;
  while (isSpace(value[end - 1])) end--;
  return value.slice(0, end);
}

function trimStart(value: string): string {
  let start = 0;
  while (isSpace(value[start])) start++;
  return value.slice(start);
}

test('markers take the whitespace next to them, and nothing else', () => {
  fc.assert(
    fc.property(text, fc.array(fc.tuple(action, text), { maxLength: 6 }), (head, rest) => {
      // A text that ends in a brace would become part of the delimiter.
      fc.pre(![head, ...rest.map(([, after]) => after)].some((part) => part.endsWith('{')));
      const source = head + rest.map(([{ source: code }, after]) => code + after).join('');
      fc.pre(
        source.split('{{').length - 1 ===
          rest.reduce((sum, [{ source: code }]) => sum + code.split('{{').length - 1, 0),
      );
      let expected = '';
      let pending = head;
      for (const [{ output, trimsLeft, trimsRight }, after] of rest) {
        expected += (trimsLeft ? trimEnd(pending) : pending) + output;
        pending = trimsRight ? trimStart(after) : after;
      }
      expect(parseGoTemplate(source).execute(fromJson('dot'))).toBe(expected + pending);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['{{-3}}', '-3'],
  ['a {{-3}} b', 'a -3 b'],
  ['a {{- 3 }} b', 'a3 b'],
  ['a\n\n{{- 3 -}}\n\nb', 'a3b'],
  [' {{- /* nothing */ -}} ', ''],
])('%j gives %j', (source, expected) => {
  expect(parseGoTemplate(source).execute(fromJson(null))).toBe(expected);
});
