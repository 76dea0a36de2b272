/** Templates come from model files that strangers made: whatever they try ends in a template_error, soon. */
import { describe, expect, test } from 'vitest';
import { isCriaError } from '../../errors.ts';
import { compileJinja } from './index.ts';

/** Smaller than the defaults, so that the tests stay quick; the mechanism is the same. */
const limits = { maxSteps: 200_000, maxStringLength: 100_000 };

function failure(source: string, context: Record<string, unknown> = {}): string {
  try {
    compileJinja(source).render(context, { limits });
  } catch (error) {
    if (isCriaError(error, 'template_error')) return error.message;
    throw error;
  }
  return 'rendered';
}

const doubling = '{% set ns = namespace(x="aaaaaaaa") %}{% for i in range(60) %}';

describe('work without end', () => {
  const cases: readonly [string, string, RegExp][] = [
    ['range', '{% for i in range(10 ** 9) %}x{% endfor %}', /Range too big/],
    [
      'nested loops',
      '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}',
      /too many steps/,
    ],
    ['endless output', '{% for i in range(99999) %}0123456789{% endfor %}', /too long a text/],
    ['doubling by ~', `${doubling}{% set ns.x = ns.x ~ ns.x %}{% endfor %}`, /too long a text/],
    ['doubling by +', `${doubling}{% set ns.x = ns.x + ns.x %}{% endfor %}`, /too long a text/],
    ['doubling by join', `${doubling}{% set ns.x = [ns.x, ns.x] | join %}{% endfor %}`, /too long a text/],
    [
      'doubling by replace',
      `${doubling}{% set ns.x = ns.x | replace("a", "aa") %}{% endfor %}`,
      /too (long|many)/,
    ],
    [
      'doubling by format',
      `${doubling}{% set ns.x = "%s%s" % (ns.x, ns.x) %}{% endfor %}`,
      /too (long|many)/,
    ],
    [
      'doubling by str.format',
      `${doubling}{% set ns.x = "{0}{0}".format(ns.x) %}{% endfor %}`,
      /too (long|many)/,
    ],
    [
      'doubling by set block',
      `${doubling}{% set y %}{{ ns.x }}{{ ns.x }}{% endset %}{% set ns.x = y %}{% endfor %}`,
      /too (long|many)/,
    ],
    [
      'doubling lists',
      '{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}',
      /too many steps/,
    ],
    [
      'doubling by extend',
      '{% set x = [1] %}{% for i in range(60) %}{% set _ = x.extend(x) %}{% endfor %}',
      /too many steps/,
    ],
    [
      'nested repr',
      '{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}',
      /too (long|many)/,
    ],
    [
      'nested JSON',
      '{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}',
      /too (long|many)/,
    ],
    [
      'nested comparison',
      '{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}',
      /too many steps/,
    ],
    ['repetition', '{{ "a" * 10 ** 12 }}', /too long a text/],
    ['list repetition', '{{ [0] * 10 ** 12 }}', /too many steps/],
    ['padding', '{{ "a".center(10 ** 12) }}', /too long a text/],
    ['center filter', '{{ "a" | center(10 ** 12) }}', /too long a text/],
    ['zfill', '{{ "1".zfill(10 ** 12) }}', /too long a text/],
    ['indent', '{{ "a" | indent(10 ** 12) }}', /too long a text/],
    ['JSON indent', '{{ [1] | tojson(indent=10 ** 12) }}', /too long a text/],
    ['percent width', '{{ "%999999999d" % 1 }}', /too long a text/],
    ['percent precision', '{{ "%.999999999d" % 1 }}', /too long a text/],
    ['float precision', '{{ "%.999999f" % 1.5 }}', /precision too big/],
    ['format width', '{{ "{:>999999999}".format(1) }}', /too long a text/],
    ['format precision', '{{ "{:.999999f}".format(1.5) }}', /precision too big/],
    ['batch filling', '{{ [1] | batch(10 ** 12, 0) | list }}', /too many steps/],
    ['slices', '{{ [1] | slice(10 ** 12) | list }}', /too many steps/],
    ['great powers', '{{ 10 ** (10 ** 10) }}', /integer is too large/],
    [
      'powers by squaring',
      '{% set ns = namespace(x=10) %}{% for i in range(60) %}{% set ns.x = ns.x * ns.x %}{% endfor %}',
      /integer is too large/,
    ],
    ['macro recursion', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}', /recurses too deeply/],
    [
      'mutual recursion',
      '{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}',
      /recurses too deeply/,
    ],
    [
      'loop recursion',
      '{% set l = [1] %}{% set _ = l.append(l) %}{% for x in [l] recursive %}{{ loop([l]) }}{% endfor %}',
      /recurses too deeply/,
    ],
    ['cyclic repr', '{% set l = [1] %}{% set _ = l.append(l) %}{{ l }}', /nested too deeply/],
    ['cyclic JSON', '{% set l = [1] %}{% set _ = l.append(l) %}{{ l | tojson }}', /nested too deeply/],
    [
      'cyclic comparison',
      '{% set l = [1] %}{% set _ = l.append(l) %}{% set k = [1] %}{% set _ = k.append(k) %}{{ l == k }}',
      /nested too deeply/,
    ],
    [
      'growing while walked',
      '{% set l = [1] %}{% for x in l %}{% set _ = l.append(x) %}{% endfor %}',
      /too many steps/,
    ],
    [
      'rescanning a text',
      '{% set t = "ab" * 40000 %}{% for i in range(99999) %}{% if t.find("c") > 0 %}{% endif %}{% endfor %}',
      /too many steps/,
    ],
    [
      'comparing texts',
      '{% set t = "ab" * 40000 %}{% set u = t ~ "" %}{% for i in range(99999) %}{% if t == u %}{% endif %}{% endfor %}',
      /too many steps/,
    ],
  ];
  test.each(cases)('%s', (_name, source, message) => {
    expect(failure(source)).toMatch(message);
  });
});

describe('sources that strain the parser', () => {
  const cases: readonly [string, string][] = [
    ['parentheses', `{{ ${'('.repeat(100_000)} }}`],
    ['brackets', `{{ ${'['.repeat(100_000)} }}`],
    ['not', `{{ ${'not '.repeat(100_000)} 1 }}`],
    ['signs', `{{ ${'-'.repeat(100_000)} 1 }}`],
    ['a long sum', `{{ ${'1+'.repeat(100_000)}1 }}`],
    ['many filters', `{{ 1${'|string'.repeat(100_000)} }}`],
    ['many attributes', `{{ a${'.a'.repeat(100_000)} }}`],
    ['many conditions', `{{ 1 ${'if 1 '.repeat(100_000)} }}`],
    ['many alternatives', `{{ ${'1 if 1 else '.repeat(100_000)} 1 }}`],
    ['nested blocks', '{% if 1 %}'.repeat(100_000)],
    ['nested loops', '{% for x in [1] %}'.repeat(1000) + '{% endfor %}'.repeat(1000)],
    ['nested macros', '{% macro m() %}'.repeat(1000) + '{% endmacro %}'.repeat(1000)],
    ['a long template', 'x'.repeat(2 ** 20 + 1)],
    ['a long number', `{{ ${'9'.repeat(100_000)} }}`],
    ['an endless string', `{{ "${'\\'.repeat(99_999)} }}`],
  ];
  test.each(cases)('%s', (_name, source) => {
    expect(failure(source)).not.toBe('rendered');
  });

  test('many open tags without an end cost linear time', () => {
    expect(failure(`${'{% raw %}'.repeat(100_000)}`)).toMatch(/Missing end of raw/);
    expect(failure(`{#${'{#'.repeat(200_000)}`)).toMatch(/Missing end of comment/);
    expect(compileJinja('{ '.repeat(200_000)).render({})).toBe('{ '.repeat(200_000));
  });
});

describe('the sandbox', () => {
  test.each([
    ["''.__class__.__mro__"],
    ['[].__init__()'],
    ["'{x.__init__.__globals__}'.format(x=range)"],
    ["(range | attr('__call__'))()"],
    ["''.constructor('return process')()"],
    ["{}.constructor.constructor('return 1')()"],
    ["namespace.constructor('x')()"],
    ['messages.constructor()'],
    ["messages['__proto__'].polluted.x"],
    ['process.env'],
    ['globalThis.x'],
    ["require('fs')"],
  ])('%s is refused', (expression) => {
    expect(failure(`{{ ${expression} }}`, { messages: [{}] })).not.toBe('rendered');
  });

  test('names of JavaScript are just names', () => {
    const source = `{% set d = {} %}{% set _ = d.update({'__proto__': {'polluted': 1}, 'constructor': 2}) %}{{ d }}
{{- ''['__class__'] }}{{ '{0.__class__}'.format(1) }}{{ toString }}{{ hasOwnProperty }}{{ messages.length }}{{ messages[0].toString }}{{ messages[0]['__proto__'] }}`;
    expect(compileJinja(source).render({ messages: [{}] })).toBe(
      "{'__proto__': {'polluted': 1}, 'constructor': 2}",
    );
    expect('polluted' in {}).toBe(false);
  });

  test('a key that is called like a prototype is an ordinary key', () => {
    const context = JSON.parse('{"m": {"__proto__": "p", "constructor": "c"}}');
    expect(compileJinja("{{ m['__proto__'] }}{{ m.constructor }}").render(context)).toBe('pc');
  });

  test('what a template changes is its own copy', () => {
    const context = { list: [1], dict: { a: 1 } };
    compileJinja('{% set _ = list.append(2) %}{% set _ = dict.update({"b": 2}) %}').render(context);
    expect(context).toEqual({ list: [1], dict: { a: 1 } });
  });

  test('functions, symbols and cycles cannot be given to a template', () => {
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    for (const value of [() => 1, Symbol('x'), cyclic])
      expect(failure('{{ x }}', { x: value })).not.toBe('rendered');
  });
});
