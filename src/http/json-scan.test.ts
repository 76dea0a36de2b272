import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CriaError } from '../errors.ts';
import { parseFirstValue } from './body.ts';
import { scanJson } from './json-scan.ts';

const limits = { maxDepth: 100, maxValues: 10_000 };
const parse = (text: string): unknown => parseFirstValue(Buffer.from(text), limits);

describe('the first value of a body', () => {
  it.each<[string, unknown]>([
    ['{"a":1}', { a: 1 }],
    ['  \r\n\t{"a":1}  ', { a: 1 }],
    ['{"a":1}{"a":2}', { a: 1 }],
    ['{"a":1} garbage', { a: 1 }],
    ['{}x', {}],
    ['[]]', []],
    ['null', null],
    ['nullx', null],
    ['123abc', 123],
    ['"a"b', 'a'],
    ['-0.5e+10,', -0.5e10],
    ['[1 , {"a" : [ ] , "b":{ } } ]', [1, { a: [], b: {} }]],
    ['"\\u00e9\\"\\\\/\\/\\n"', 'é"\\//\n'],
    ['{"a":1,"a":2}', { a: 2 }],
    ['', undefined],
    [' \n', undefined],
  ])('%j', (text, value) => {
    expect(parse(text)).toEqual(value);
  });

  it.each([
    ['x', "invalid character 'x' looking for beginning of value"],
    ['{', 'unexpected EOF'],
    ['{"a"', 'unexpected EOF'],
    ['{"a":', 'unexpected EOF'],
    ['{"a":1', 'unexpected EOF'],
    ['"abc', 'unexpected EOF'],
    ['"\\', 'unexpected EOF'],
    ['"\\u00', 'unexpected EOF'],
    ['tru', 'unexpected EOF'],
    ['-', 'unexpected EOF'],
    ['1.', 'unexpected EOF'],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['[1}', "invalid character '}' after array element"],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1ex', "invalid character 'x' in exponent of numeric literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['\u0000', "invalid character '\\x00' looking for beginning of value"],
    ['\ufeff{}', "invalid character 'ï' looking for beginning of value"],
    ['[1e999]', 'json: cannot unmarshal number 1e999 into Go value of type float64'],
  ])('refuses %j', (text, message) => {
    expect(() => parse(text)).toThrow(new CriaError('bad_request', message));
  });

  it.each([
    { name: 'plain', text: `"${'x'.repeat(1000)}"!`, value: 'x'.repeat(1000) },
    { name: 'escaped', text: `"${'é\\n'.repeat(1000)}"!`, value: 'é\n'.repeat(1000) },
    {
      name: 'with an escaped quote',
      text: `"${'x'.repeat(100)}\\"${'y'.repeat(100)}"`,
      value: `${'x'.repeat(100)}"${'y'.repeat(100)}`,
    },
  ])('reads a long string, $name', ({ text, value }) => {
    expect(parse(text)).toBe(value);
  });

  it.each([
    { name: 'a long string without an end', text: `"${'x'.repeat(200)}`, message: 'unexpected EOF' },
    {
      name: 'a long string with a line break',
      text: `"${'x'.repeat(200)}\n"`,
      message: 'invalid character in string literal',
    },
    { name: 'deep lists', text: '['.repeat(101), message: 'exceeded max depth' },
    { name: 'deep objects', text: '{"a":'.repeat(101), message: 'exceeded max depth' },
    { name: 'many numbers', text: `[${'0,'.repeat(10_000)}0]`, message: 'more than 10000 JSON values' },
    { name: 'many objects', text: `[${'{},'.repeat(10_000)}0]`, message: 'more than 10000 JSON values' },
    { name: 'many keys', text: `{${'"a":0,'.repeat(5_000)}"b":0}`, message: 'more than 10000 JSON values' },
  ])('refuses $name', ({ text, message }) => {
    expect(() => parse(text)).toThrow(new CriaError('bad_request', message));
  });

  it('allows exactly the depth that it says', () => {
    expect(parse('['.repeat(100) + ']'.repeat(100))).toBeInstanceOf(Array);
  });
});

describe('properties', () => {
  const isBlank = (text: string): boolean => /^[ \t\r\n]*$/.test(text);
  const blank = fc.stringMatching(/^[ \t\r\n]{0,3}$/);

  it('reads what JSON.parse reads, whatever follows', () => {
    const value = fc.jsonValue({ maxDepth: 6, stringUnit: 'grapheme' });
    fc.assert(
      fc.property(value, blank, fc.constantFrom(0, 1, 4), fc.string(), (json, space, indent, rest) => {
        const text = JSON.stringify(json, undefined, indent);
        // Digits after a number would belong to it.
        const tail = typeof json === 'number' ? ` ${rest}` : rest;
        expect(parse(`${space}${text}${tail}`)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('agrees with JSON.parse on damaged texts', () => {
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom(...'{}[]",:\\0-.eE+ntu\n '))
      .map(([json, at, c]) => {
        const i = at % (json.length + 1);
        return json.slice(0, i) + c + json.slice(i + 1);
      });
    fc.assert(
      fc.property(damaged, (text) => {
        let isValid = true;
        try {
          JSON.parse(text);
        } catch {
          isValid = false;
        }
        const bytes = Buffer.from(text);
        let end: number | undefined;
        try {
          end = scanJson(bytes, limits)?.end;
        } catch (error) {
          expect(error).toBeInstanceOf(CriaError);
          // JSON.parse makes infinities of large exponents.
          expect(isValid && !String(error).includes('float64')).toBe(false);
          return;
        }
        if (end === undefined) {
          expect(isBlank(text)).toBe(true);
          return;
        }
        JSON.parse(bytes.toString('utf8', 0, end)); // does not throw
        expect(isBlank(bytes.toString('utf8', end))).toBe(isValid);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes any bytes without anything but CriaError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          parseFirstValue(Buffer.from(bytes), limits);
        } catch (error) {
          expect(error).toBeInstanceOf(CriaError);
        }
      }),
    );
  });
});
