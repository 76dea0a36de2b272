/** How many columns of a terminal a text takes. */

/** Code points of East Asian wide characters, as pairs [first, last] (Unicode's EastAsianWidth.txt, W and F, joined to blocks). */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x20000, 0x3fffd],
];

/** Columns of one character (a code point): 0, 1 or 2. Control characters count 0. */
export function charWidth(char: string): 0 | 1 | 2 {
  const code = char.codePointAt(0) ?? 0;
  if (code >= 0x20 && code < 0x7f) return 1;
  if (/^[\p{Mn}\p{Me}\p{Cc}\p{Cf}]/u.test(char)) return 0;
  if (code < 0x1100) return 1;
  const isWide =
    /^\p{Emoji_Presentation}/u.test(char) ||
    wideRanges.some(([first, last]) => code >= first && code <= last);
  return isWide ? 2 : 1;
}

/** Columns of a text without control characters and escape sequences. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

/** The longest beginning of `text` that takes at most `columns`. */
export function clipText(text: string, columns: number): string {
  let width = 0;
  let clipped = '';
  for (const char of text) {
    width += charWidth(char);
    if (width > columns) break;
    clipped += char;
  }
  return clipped;
}
