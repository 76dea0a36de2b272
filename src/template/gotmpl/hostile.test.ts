/** Templates come from strangers: what they may not do. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CriaError } from '../../errors.ts';
import type { JsonValue } from '../../types/json.ts';
import { renderGoTemplate } from './render.ts';
import { parseGoTemplate } from './template.ts';
import { fromJson } from './values.ts';

const limits = { steps: 20_000, characters: 200_000, depth: 600 };

function render(source: string, data: JsonValue = {}): string {
  return parseGoTemplate(source).execute(fromJson(data), { limits });
}

function failure(run: () => unknown): CriaError {
  try {
    run();
  } catch (error) {
    if (error instanceof CriaError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('rendering is bounded', () => {
  test.each([
    ['an endless range', '{{range 9223372036854775807}}{{end}}', 'too many steps'],
    ['nested ranges', '{{range 200}}{{range 200}}{{range 200}}{{end}}{{end}}{{end}}', 'too many steps'],
    ['recursion without end', '{{define "a"}}{{template "a"}}{{end}}{{template "a"}}', 'nests too deeply'],
    [
      'branching recursion',
      '{{define "a"}}{{if .}}{{template "a" (slice . 1)}}{{template "a" (slice . 1)}}{{end}}{{end}}{{template "a" "xxxxxxxxxxxxxxxxxxxxxxxx"}}',
      'too many steps',
    ],
    ['a doubling string', '{{$x := "0123456789"}}{{range 40}}{{$x = print $x $x}}{{end}}', 'too much text'],
    [
      'a doubling printf',
      '{{$x := "0123456789"}}{{range 40}}{{$x = printf "%s%[1]s" $x}}{{end}}',
      'too much text',
    ],
    ['long output', `{{range 3000}}${'x'.repeat(100)}{{end}}`, 'too much text'],
    ['a wide printf', '{{range 10}}{{printf "%100000d" 1}}{{end}}', 'too much text'],
    ['escaping grown large', '{{$x := `\\\\`}}{{range 20}}{{$x = js $x}}{{end}}', 'too much text'],
    [
      'long strings measured often',
      '{{$x := printf "%90000s" "é"}}{{range 1000}}{{$y := len $x}}{{end}}',
      'too much text',
    ],
    ['slices taken often', '{{range 1000}}{{$y := slice $.l 1}}{{end}}', 'too many steps'],
  ])('%s', (_name, source, message) => {
    const error = failure(() => render(source, { l: new Array(2000).fill(0) }));
    expect(error.code).toBe('template_error');
    expect(error.message).toContain(message);
  });

  test('recursion that the limit allows does not exhaust the stack', () => {
    const deep =
      '{{define "a"}}{{if .}}{{with .}}{{template "a" (slice . 1)}}{{end}}{{else}}bottom{{end}}{{end}}{{template "a" .}}';
    expect(render(deep, 'x'.repeat(50))).toBe('bottom');
    const endless = parseGoTemplate(deep);
    expect(failure(() => endless.execute(fromJson('x'.repeat(5000)))).message).toContain('nests too deeply');
  });
});

describe('parsing is bounded', () => {
  test.each([
    ['parentheses', `{{${'('.repeat(100_000)}`],
    ['ifs', '{{if 1}}'.repeat(100_000)],
    ['else ifs', `{{if 1}}${'{{else if 1}}'.repeat(70_000)}`],
    ['definitions', '{{block "a" .}}'.repeat(60_000)],
    ['length', 'x'.repeat((1 << 20) + 1)],
  ])('%s', (_name, source) => {
    expect(failure(() => parseGoTemplate(source)).code).toBe('template_error');
  });

  test('nesting within the bounds executes', () => {
    expect(render(`{{${'('.repeat(190)}1${')'.repeat(190)}}}`)).toBe('1');
    expect(render(`${'{{if 1}}'.repeat(190)}x${'{{end}}'.repeat(190)}`)).toBe('x');
    expect(render(`{{if 0}}${'{{else if 0}}'.repeat(190)}{{else}}x{{end}}`)).toBe('x');
  });
});

describe('data nests boundedly', () => {
  const nested = (depth: number): JsonValue => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as JsonValue;

  test('deep tool arguments are refused', () => {
    const call = { name: 'f', arguments: { x: nested(5000) } };
    const messages = [{ role: 'assistant', content: '', toolCalls: [call] }];
    const template = parseGoTemplate('{{range .Messages}}{{.ToolCalls}}{{end}}');
    expect(failure(() => renderGoTemplate(template, { messages })).code).toBe('bad_request');
  });

  test('a deep tool schema is refused', () => {
    let property: JsonValue = { type: 'string' };
    for (let i = 0; i < 5000; i++) property = { type: 'object', properties: { a: property } };
    const tools = [
      {
        type: 'function',
        function: { name: 'f', parameters: { type: 'object', properties: { a: property } } },
      },
    ];
    const template = parseGoTemplate('{{.Tools}}{{.Messages}}');
    expect(failure(() => renderGoTemplate(template, { messages: [], tools })).code).toBe('bad_request');
  });

  test('what is accepted also prints', () => {
    expect(parseGoTemplate('{{json .}}{{.}}{{printf "%#v" .}}').execute(fromJson(nested(200)))).toContain(
      '[[',
    );
  });
});

describe('nothing of JavaScript is in reach', () => {
  test.each([
    'constructor',
    '__proto__',
    'toString',
    'prototype',
    'hasOwnProperty',
    'items',
    'type',
    'entries',
  ])('the name %s is a missing key', (name) => {
    expect(render(`{{.${name}}} {{index . "${name}"}} {{len .}}`, { a: 1 })).toBe('<no value> <no value> 1');
  });

  test.each([
    '{{.s.length}}',
    '{{.s.constructor}}',
    '{{.n.toFixed}}',
    '{{.l.length}}',
    '{{.l.type}}',
    '{{.b.valueOf}}',
  ])('%s is an error', (source) => {
    const data = { s: 'text', n: 1, l: [1], b: true };
    expect(failure(() => render(source, data)).message).toContain("can't evaluate field");
  });

  test.each(['{{constructor}}', '{{toString}}', '{{__proto__ 1}}', '{{hasOwnProperty "a"}}'])(
    '%s is no function',
    (source) => {
      expect(failure(() => parseGoTemplate(source)).message).toContain('not defined');
    },
  );

  test('keys of data called like JavaScript properties are plain keys', () => {
    const data = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}') as JsonValue;
    expect(render('{{.constructor}} {{.__proto__.x}} {{json .}}', data)).toBe(
      '2 1 {"__proto__":{"x":1},"constructor":2}',
    );
  });
});

test('any text parses and runs, or fails as a template error', () => {
  const piece = fc.constantFrom(
    ...[
      '{{',
      '}}',
      '{{-',
      '-}}',
      ' ',
      '\n',
      '(',
      ')',
      '|',
      '.',
      '$',
      ',',
      ':=',
      '=',
      '"',
      '`',
      "'",
      '\\',
      '/*',
      '*/',
      'é',
      '\u{1F600}',
      '\ud800',
    ],
    ...[
      'if',
      'range',
      'with',
      'else',
      'end',
      'define',
      'template',
      'block',
      'break',
      'continue',
      'nil',
      'true',
      'print',
      'len',
      'index',
      'slice',
      'printf',
      'and',
      '"%v"',
      '.x',
      '$x',
      '1',
      '-1',
      '1.5',
      'x',
    ],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.boolean(), (pieces, spaced) => {
      const source = pieces.join(spaced ? ' ' : '');
      try {
        expect(typeof render(source, { x: [1, 'a', null, { x: 2 }] })).toBe('string');
      } catch (error) {
        expect(error).toBeInstanceOf(CriaError);
        expect((error as CriaError).code).toBe('template_error');
      }
    }),
    { numRuns: 5000 },
  );
});
