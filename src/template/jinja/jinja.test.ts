/** What callers see: messages, places of errors, dates, and rendering the same template twice. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CriaError } from '../../errors.ts';
import { compileJinja } from './index.ts';

function errorOf(run: () => unknown): CriaError {
  try {
    run();
  } catch (error) {
    if (error instanceof CriaError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('errors tell where they are', () => {
  test.each([
    ['a\n  {% if x %}', 2, 13, /Unexpected end of template.*'endif'.*innermost block.*'if'/],
    ['{{ 1 + }}', 1, 8, /unexpected 'end of print statement'/],
    ['ok\n\n{% foo %}', 3, 4, /Encountered unknown tag 'foo'/],
    ['{% for x in y %}\n{% endif %}', 2, 4, /nesting mistake|unknown tag 'endif'.*'endfor' or 'else'/],
    ['{{ "a" | nope }}', 1, 10, /No filter named 'nope'/],
    ['{{ 1 is nope }}', 1, 6, /No test named 'nope'/],
    ["{{ 'abc }}", 1, 4, /unexpected char '/],
    ['x\n{# never closed', 2, 1, /Missing end of comment/],
    ['{{ (1] }}', 1, 6, /unexpected ']', expected '\)'/],
    ["\r\n\r\n{% include 'x' %}", 3, 4, /'include' is not available/],
  ])('compiling %j', (source, line, column, message) => {
    const error = errorOf(() => compileJinja(source));
    expect(error.code).toBe('template_error');
    expect(error.message).toMatch(message);
    expect(error.data).toEqual({ line, column, reason: 'error' });
  });

  test.each([
    ['a\n{{ x.y.z }}', 2, 7, /'dict object' has no attribute 'y'/],
    ['{{ 1 }}\n{{ 1 + "a" }}', 2, 6, /unsupported operand type\(s\) for \+: 'int' and 'str'/],
    ['\n\n  {{ nope() }}', 3, 10, /'nope' is undefined/],
    ['{% macro m(a) %}{{ a.b.c }}{% endmacro %}\n{{ m({}) }}', 1, 23, /has no attribute 'b'/],
    ['{% for a, b in [1] %}{% endfor %}', 1, 4, /cannot unpack non-iterable int/],
  ])('rendering %j', (source, line, column, message) => {
    const error = errorOf(() => compileJinja(source).render({ x: {} }));
    expect(error.message).toMatch(message);
    expect(error.data).toEqual({ line, column, reason: 'error' });
  });

  test('raise_exception keeps the words of the template', () => {
    const error = errorOf(() => compileJinja("\n{{ raise_exception('Roles must alternate!') }}").render({}));
    expect(error).toMatchObject({
      code: 'template_error',
      message: 'Roles must alternate!',
      data: { line: 2, reason: 'raised' },
    });
  });
});

test('strftime_now takes the clock that it is given', () => {
  const template = compileJinja("{{ strftime_now('%d %b %Y') }}");
  expect(template.render({}, { now: () => new Date(2024, 1, 29) })).toBe('29 Feb 2024');
});

test('a template keeps nothing from one rendering to the next', () => {
  const template = compileJinja(
    '{% set ns = namespace(n=n) %}{% set l = [] %}{% for i in [1, 2] %}{% set _ = l.append(i) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}{{ l }}',
  );
  expect(template.render({ n: 1 })).toBe('4[1, 2]');
  expect(template.render({ n: 10 })).toBe('13[1, 2]');
});

test('undefined in the context is as good as absent, null is None', () => {
  const template = compileJinja(
    '{{ x is defined }} {{ x is none }} {{ m.a is defined }} {{ range is callable }}',
  );
  expect(template.render({ x: undefined, m: { a: undefined }, range: undefined })).toBe(
    'False False False True',
  );
  expect(template.render({ x: null, m: { a: null } })).toBe('True True True True');
});

test('JSON values come out as they went in', () => {
  const template = compileJinja('{{ x | tojson }}');
  fc.assert(
    fc.property(fc.jsonValue(), (x) => {
      const text = template.render({ x });
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(x)));
    }),
  );
});

test('text without tags stays as it is, but for one line end at its end', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      fc.pre(!/\{[{%#]/.test(text) && !text.includes('\r'));
      expect(compileJinja(text).render({})).toBe(text.replace(/\n$/, ''));
    }),
  );
});

test('whatever the source, compiling and rendering end in a text or a template_error', () => {
  const piece = fc.constantFrom(
    '{{',
    '}}',
    '{%',
    '%}',
    '{#',
    '#}',
    '-',
    '+',
    ' ',
    '\n',
    'if',
    'else',
    'endif',
    'for',
    'in',
    'endfor',
    'set',
    'x',
    '=',
    '1',
    '.',
    '|',
    'length',
    '(',
    ')',
    '[',
    ']',
    "'",
    '"',
    '\\',
    ':',
    ',',
    'is',
    'not',
    'macro',
    'endmacro',
    'call',
    'raw',
    'endraw',
    '**',
    '//',
    '~',
    '{',
    '}',
    'é',
    '\u0000',
    'generation',
    'filter',
    'with',
    'loop',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      try {
        expect(typeof compileJinja(pieces.join('')).render({ x: [1] })).toBe('string');
      } catch (error) {
        expect(error).toMatchObject({ code: 'template_error' });
      }
    }),
    { numRuns: 2000 },
  );
});
