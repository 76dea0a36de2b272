import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../inference/options.ts';
import type { JsonValue } from '../types/json.ts';
import { collectContents } from './contents.ts';
import { convertParameter, parameterTypes } from './parameters.ts';
import { parseModelfile } from './parser.ts';

function contents(text: string): ReturnType<typeof collectContents> {
  return collectContents(parseModelfile(`FROM m\n${text}`));
}

describe('collectContents', () => {
  it('lets some commands repeat and others replace', () => {
    expect(
      contents(`FROM p.gguf
SYSTEM a
SYSTEM b
TEMPLATE a
TEMPLATE b
ADAPTER a
ADAPTER b
LICENSE a
LICENSE b
DRAFT a
DRAFT b
MESSAGE user a
MESSAGE user b
RENDERER r
PARSER p
REQUIRES v1.2.3-rc.1+x
PARAMETER stop a
PARAMETER stop b
PARAMETER top_k 1
PARAMETER top_k 2
PARAMETER low_vram true`),
    ).toEqual({
      from: ['m', 'p.gguf'],
      drafts: ['a', 'b'],
      adapter: 'b',
      template: 'b',
      system: 'b',
      renderer: 'r',
      parser: 'p',
      requires: '1.2.3-rc.1+x',
      licenses: ['a', 'b'],
      parameters: { stop: ['a', 'b'], top_k: 2 },
      messages: [
        { role: 'user', content: 'a' },
        { role: 'user', content: 'b' },
      ],
      deprecated: ['low_vram'],
    });
  });

  it.each(['0.14.0', 'v0.14.0', '1', 'v1.2', '1.0.0-alpha.1', '1.0.0+build.7'])(
    'takes version %s',
    (text) => {
      expect(contents(`REQUIRES ${text}`).requires).toBe(text.replace(/^v/, ''));
    },
  );

  it.each(['x', '1.2.3.4', '01.2.3', '1.2-rc', '1.0.0-', '1.0.0-01', 'vv1', ''])(
    'refuses version %j',
    (text) => {
      expect(() => contents(`REQUIRES ${text}`)).toThrow('requires must be a valid semver (e.g. 0.14.0)');
    },
  );

  it('does not take a parameter for a property of objects', () => {
    expect(() => contents('PARAMETER constructor 1')).toThrow("unknown parameter 'constructor'");
    expect(() => contents('PARAMETER __proto__ 1')).toThrow("unknown parameter '__proto__'");
  });
});

describe('convertParameter', () => {
  it.each<[string, string[], JsonValue]>([
    ['num_ctx', ['4096'], 4096],
    ['seed', ['-1'], -1],
    ['seed', ['+7'], 7],
    ['temperature', ['.5'], 0.5],
    ['temperature', ['1e-1'], 0.1],
    ['temperature', ['2.'], 2],
    ['use_mmap', ['T'], true],
    ['use_mmap', ['false'], false],
    ['stop', ['a', 'b c'], ['a', 'b c']],
    ['stop', [''], ['']],
  ])('%s %j', (name, texts, value) => {
    expect(convertParameter(name, texts)).toEqual(value);
  });

  it.each<[string, string[], string]>([
    ['num_ctx', ['4k'], 'invalid int value [4k]'],
    ['num_ctx', ['1.5'], 'invalid int value [1.5]'],
    ['num_ctx', ['0x10'], 'invalid int value [0x10]'],
    ['num_ctx', [''], 'invalid int value []'],
    ['seed', ['9007199254740993'], 'invalid int value [9007199254740993]'],
    ['temperature', ['hot', 'er'], 'invalid float value [hot er]'],
    ['temperature', ['NaN'], 'invalid float value [NaN]'],
    ['temperature', ['1e999'], 'invalid float value [1e999]'],
    ['use_mmap', ['yes'], 'invalid bool value [yes]'],
    ['Temperature', ['1'], "unknown parameter 'Temperature'"],
  ])('refuses %s %j', (name, texts, message) => {
    expect(() => convertParameter(name, texts)).toThrow(message);
  });

  it.each([...parameterTypes])('makes %s what the server takes', (name, type) => {
    const text = { int: '1', float: '1.5', bool: 'true', strings: 'x' }[type];
    expect(resolveOptions({ [name]: convertParameter(name, [text]) }).unknown).toEqual([]);
  });
});
