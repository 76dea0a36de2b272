import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { harmless, TextFlow } from './text-flow.ts';
import { textWidth } from './width.ts';

/** A terminal that knows text, line ends, `CSI n D` and `CSI K`; colours are dropped. */
function screen(output: string): string[] {
  const lines = [''];
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
  for (const [piece] of output.matchAll(/\x1b\[(\d*)[A-Za-z]|[\s\S]/gu)) {
    const row = lines.length - 1;
    const line = lines[row] ?? '';
    if (piece === '\n') {
      lines.push('');
      column = 0;
    } else if (piece.endsWith('D') && piece.startsWith('\x1b')) {
      column -= Number(piece.slice(2, -1));
    } else if (piece === '\x1b[K') {
      let kept = '';
      for (const char of line) if (textWidth(kept + char) <= column) kept += char;
      lines[row] = kept;
    } else if (!piece.startsWith('\x1b')) {
      lines[row] = line + piece;
      column += textWidth(piece);
    }
  }
  return lines;
}

function shown(text: string, columns: number | undefined): string[] {
  return screen(new TextFlow(() => columns).add(text));
}

describe('TextFlow', () => {
  it.each<[string, string, string[]]>([
    ['short text', 'hello', ['hello']],
    ['a word that does not fit', 'hello big world', ['hello big ', 'world']],
    ['a word that fits but for one character', 'hello worlds', ['hello ', 'worlds']],
    ['a word longer than a line', 'ab 0123456789012345', ['ab ', '01234567890', '12345']],
    ['line ends of the text', 'a\n\nb', ['a', '', 'b']],
    ['a blank at the end of a full line', '01234567890 a', ['01234567890', 'a']],
    ['wide characters', '一二三四五六七', ['一二三四五', '六七']],
    ['wide characters after letters', 'abc 一二三四五六', ['abc 一二三', '四五六']],
    ['combining characters', 'e\u0301'.repeat(12), ['e\u0301'.repeat(11), 'e\u0301']],
  ])('wraps at 12 columns: %s', (_name, text, lines) => {
    expect(shown(text, 12)).toEqual(lines);
  });

  it('shows every piece at once', () => {
    const flow = new TextFlow(() => 12);
    expect(flow.add('hello wor')).toBe('hello wor');
    expect(flow.add('lds')).toBe('ld\x1b[5D\x1b[K\nworlds');
    expect(flow.column).toBe(6);
  });

  it('does not wrap without a width or in a very narrow terminal', () => {
    const text = 'a long line of text that goes on';
    expect(shown(text, undefined)).toEqual([text]);
    expect(shown(text, 9)).toEqual([text]);
  });

  it('keeps lines within the width and loses nothing but blanks, however the text is cut', () => {
    const piece = fc.string({
      unit: fc.constantFrom('a', 'b', ' ', '\n', '一', 'é', '\x1b[1m'),
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.array(piece), fc.integer({ min: 10, max: 30 }), (pieces, columns) => {
        const flow = new TextFlow(() => columns);
        const whole = pieces.join('');
        const lines = screen(pieces.map((text) => flow.add(text)).join(''));
        expect(lines).toEqual(shown(whole, columns));
        for (const line of lines) expect(textWidth(line)).toBeLessThan(columns);
        const solid = (text: string): string => text.replaceAll(/\s/g, '');
        expect(solid(lines.join(''))).toBe(solid(whole.replaceAll('\x1b[1m', '')));
      }),
    );
  });
});

it.each<[string, string, string]>([
  ['colours', '\x1b[31;1mred\x1b[0m', 'red'],
  ['hidden text', 'rm \x1b[8m-rf /\x1b[28m', 'rm -rf /'],
  ['cursor movement', 'a\x1b[2Jb\x1b[10;10Hc', 'abc'],
  ['window title', 'a\x1b]0;pwned\x07b', 'ab'],
  ['clipboard', 'a\x1b]52;c;aGk=\x1b\\b', 'ab'],
  ['device control', 'a\x1bPq\x1b\\b', 'ab'],
  ['two-character sequences', 'a\x1bcb\x1b(Bc', 'abc'],
  ['backspace, bell and carriage return', 'a\b\x07\rb', 'ab'],
  ['eight-bit sequences', 'a\u009b2Jb', 'a2Jb'],
  ['an unfinished sequence before a line end', 'a\x1b[3\nb', 'a\nb'],
  ['tabs and line ends', 'a\tb\n', 'a\tb\n'],
])('harmless: %s', (_name, text, expected) => {
  expect(harmless(text)).toBe(expected);
  const flow = new TextFlow(() => undefined);
  expect([...text].map((char) => flow.add(char)).join('')).toBe(expected);
});
