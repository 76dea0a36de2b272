import { describe, expect, it } from 'vitest';
import { decodeModelfile } from './encoding.ts';
import { parseModelfile } from './parser.ts';
import type { ModelfileCommand } from './types.ts';

const from: ModelfileCommand = { name: 'from', value: 'm' };

/** Parses `text` after a FROM line and returns what follows. */
function commands(text: string): ModelfileCommand[] {
  return parseModelfile(`FROM m\n${text}`).slice(1);
}

describe('parseModelfile', () => {
  it('reads every command', () => {
    const text = `
# a comment
FROM ./model.gguf
  adapter a.gguf
DRAFT d.gguf
TEMPLATE """{{ .Prompt }}
"""
System You are a llama.
LICENSE MIT
PARAMETER temperature 0.7
PARAMETER stop "a b"
MESSAGE user Hi
MESSAGE assistant """Hello,
"you"."""
RENDERER r
PARSER p
REQUIRES v0.14.0`;
    expect(parseModelfile(text)).toEqual([
      { name: 'from', value: './model.gguf' },
      { name: 'adapter', value: 'a.gguf' },
      { name: 'draft', value: 'd.gguf' },
      { name: 'template', value: '{{ .Prompt }}\n' },
      { name: 'system', value: 'You are a llama.' },
      { name: 'license', value: 'MIT' },
      { name: 'parameter', key: 'temperature', value: '0.7' },
      { name: 'parameter', key: 'stop', value: 'a b' },
      { name: 'message', role: 'user', content: 'Hi' },
      { name: 'message', role: 'assistant', content: 'Hello,\n"you".' },
      { name: 'renderer', value: 'r' },
      { name: 'parser', value: 'p' },
      { name: 'requires', value: 'v0.14.0' },
    ]);
  });

  it.each<[string, string, string]>([
    ['bare', 'SYSTEM a b', 'a b'],
    ['blank space around', 'SYSTEM \t  a\tb \t', 'a\tb'],
    ['no comment after a value', 'SYSTEM a # b', 'a # b'],
    ['quotes inside', 'SYSTEM say "a"', 'say "a"'],
    ['one quote at the end', 'SYSTEM a"', 'a"'],
    ['single quotes', "SYSTEM 'a'", "'a'"],
    ['no escapes', 'SYSTEM "a\\n"', 'a\\n'],
    ['no line continuation', 'SYSTEM a\\', 'a\\'],
    ['nothing', 'SYSTEM ', ''],
    ['empty quotes', 'SYSTEM ""', ''],
    ['empty triple quotes', 'SYSTEM """"""', ''],
    ['double quotes', 'SYSTEM "a b"', 'a b'],
    ['double quotes over lines', 'SYSTEM "a\n\tb\n"', 'a\n\tb\n'],
    ['quotes in double quotes', 'SYSTEM "a "b" c"', 'a "b" c'],
    ['triple quotes', 'SYSTEM """a"""', 'a'],
    ['triple quotes over lines', 'SYSTEM """\na\n"""', '\na\n'],
    ['quotes in triple quotes', 'SYSTEM """"a" """', '"a" '],
    ['space after the closing quotes', 'SYSTEM """a"""  \t\n', 'a'],
    ['what follows the closing quotes swallows lines', 'SYSTEM "a" b\nc"\n', 'a" b\nc'],
    ['three quotes are not closed', 'SYSTEM """\n"""', '\n'],
    ['four and five quotes are not closed', 'SYSTEM """"\n"""""', '"\n""'],
    ['quotes closed by a quote after spaces', 'SYSTEM " "', ' '],
    ['carriage return ends a value', 'SYSTEM a\rLICENSE b', 'a'],
    ['carriage return in quotes', 'SYSTEM "a\r\nb"', 'a\r\nb'],
    ['comment sign inside quotes', 'SYSTEM "a\n# b"', 'a\n# b'],
    ['unprintable characters', 'SYSTEM a\u0000\u0007\u00a0\u200d\u00adb\u{1f999}é', 'ab\u{1f999}é'],
    ['invisible character before quotes', 'SYSTEM \u200b  "a\nb"', 'a\nb'],
  ])('value: %s', (_name, text, value) => {
    expect(commands(text)[0]).toEqual({ name: 'system', value });
  });

  it.each<[string, string, string]>([
    ['unknown command', 'FROM m\nNONSENSE x', '(line 2): command must be one of "from", "license"'],
    ['command without value', '\nFROM\nSYSTEM x', '(line 2): command must be one of'],
    ['command with digits', 'FROM2 m', '(line 1): command must be one of'],
    ['not a letter', '$FROM m', '(line 1): command must be one of'],
    ['CRLF counts twice', '# c\r\n\r\nNONSENSE x', '(line 5): command must be one of'],
    [
      'role',
      'FROM m\nMESSAGE robot hi',
      '(line 2): message role must be one of "system", "user", or "assistant"',
    ],
    ['upper-case role', 'FROM m\nMESSAGE User hi', '(line 2): message role must be'],
    ['role without text', 'FROM m\nMESSAGE user\n', 'unexpected EOF: user'],
    ['parameter without value', 'FROM m\nPARAMETER top_k\n', 'unexpected EOF: top_k'],
    ['parameter name', 'FROM m\nPARAMETER top-k 1', 'unexpected EOF: top'],
    ['parameter at the end', 'FROM m\nPARAMETER top_k', 'unexpected EOF'],
    ['command at the end', 'FROM', 'unexpected EOF'],
    ['open quote', 'FROM m\nSYSTEM "a', 'unexpected EOF'],
    ['open triple quote', 'FROM m\nSYSTEM """a""\nFROM x', 'unexpected EOF'],
    ['lone quote', 'FROM m\nSYSTEM "', 'unexpected EOF'],
    ['no FROM', 'SYSTEM x', 'no FROM line'],
    ['nothing', '', 'no FROM line'],
    ['only a comment', '# FROM x', 'no FROM line'],
  ])('error: %s', (_name, text, message) => {
    expect(() => parseModelfile(text)).toThrow(
      expect.objectContaining({ code: 'bad_request', message: expect.stringContaining(message) }),
    );
  });

  it('takes more than one blank before parameter names and roles', () => {
    expect(commands('PARAMETER  \t top_k  4\nMESSAGE   user  hi')).toEqual([
      { name: 'parameter', key: 'top_k', value: '4' },
      { name: 'message', role: 'user', content: 'hi' },
    ]);
  });

  it('reads a long quoted licence in one go', () => {
    const licence = '"quoted" line\n'.repeat(20_000);
    expect(commands(`LICENSE """${licence}"""`)).toEqual([{ name: 'license', value: licence }]);
  });
});

describe('decodeModelfile', () => {
  const utf16be = Buffer.from('\ufeffFROM m', 'utf16le').swap16();
  it.each<[string, Uint8Array]>([
    ['UTF-8', Buffer.from('FROM m')],
    ['UTF-8 with a mark', Buffer.from('\ufeffFROM m')],
    ['UTF-16LE', Buffer.from('\ufeffFROM m', 'utf16le')],
    ['UTF-16BE', utf16be],
  ])('%s', (_name, bytes) => {
    expect(parseModelfile(decodeModelfile(bytes))).toEqual([from]);
  });

  it('replaces broken sequences', () => {
    expect(decodeModelfile(Uint8Array.of(0x61, 0xff))).toBe('a\ufffd');
  });
});
