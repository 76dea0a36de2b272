import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tool } from '../../types/message.ts';
import { pythonScanner } from './python-call.ts';

const tools: readonly Tool[] = [{ type: 'function', function: { name: 'say', parameters: {} } }];

/** The arguments of the call at the start, read character by character and at once. */
function read(text: string): unknown {
  const results = [[text], [...text]].map((chunks) => {
    const scan = pythonScanner(tools);
    let whole = '';
    for (const chunk of chunks) {
      whole += chunk;
      const scanned = scan(whole, false);
      if (scanned.type !== 'more') return scanned.type === 'call' ? scanned.arguments : scanned.type;
    }
    const scanned = scan(whole, true);
    return scanned.type === 'call' ? scanned.arguments : scanned.type;
  });
  expect(results[1]).toEqual(results[0]);
  return results[0];
}

const both = { a: 'x', b: 'y' };

describe('calls as in Python', () => {
  it.each<[string, unknown]>([
    [`say(a='x', b="y")`, both],
    [`say(a="it's", b='say "hi"')`, { a: "it's", b: 'say "hi"' }],
    [String.raw`say(a='it\'s', b="say \"hi\"")`, { a: "it's", b: 'say "hi"' }],
    [String.raw`say(a='C:\\new\tone', b='\u00e9\x41')`, { a: 'C:\\new\tone', b: 'éA' }],
    // As templates write values that they do not escape.
    [`say(a='it's')`, { a: "it's" }],
    [`say(a='it's', b='y')]`, { a: "it's", b: 'y' }],
    [`say(a='rock 'n' roll', b='')`, { a: "rock 'n' roll", b: '' }],
    [`say(a='a', b', b='y')`, { a: "a', b", b: 'y' }],
    [`say(a='f('x')')`, { a: "f('x')" }],
    [`say(a='print("x") + 'y')`, { a: `print("x") + 'y` }],
    [`say(a="5" tall", b=["it's", 'a"b'])`, { a: '5" tall', b: ["it's", 'a"b'] }],
    [`say(a='line\none')`, { a: 'line\none' }],
    [`say(a={'k': 'it's', "l": None})`, { a: { k: "it's", l: null } }],
    [`say(a='x',)`, { a: 'x' }],
    [`say(a='x) Done`, 'more'],
    ['say(a=x)', 'none'],
    ['other(a=1)', 'none'],
  ])('%s', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('come back whatever a value holds, escaped as Python does', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(`'`, `"`, `', b='`, `")`, '\\', '\n', `it's, "so"`),
    );
    fc.assert(
      fc.property(text, text, fc.constantFrom("'", '"'), (a, b, quote) => {
        const write = (value: string): string =>
          quote +
          value
            .replaceAll('\\', '\\\\')
            .replaceAll(quote, `\\${quote}`)
            .replaceAll('\n', '\\n')
            .replaceAll('\r', '\\r') +
          quote;
        expect(read(`say(a=${write(a)}, b=${write(b)})`)).toEqual({ a, b });
      }),
    );
  });
});
