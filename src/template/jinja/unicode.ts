/** Python's view of text: which characters are white space, and strings as sequences of code points. */

/** Characters that `str.isspace` and `\s` accept in Python, as the inside of a character class. */
export const whitespaceClass =
  '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const whitespace = new RegExp(`[${whitespaceClass}]`);
const surrogate = /[\ud800-\udfff]/;

export function isWhitespace(char: string): boolean {
  return whitespace.test(char);
}

/** `str.strip` and its one-sided forms; `chars` undefined = white space. */
export function strip(text: string, side: 'both' | 'left' | 'right', chars?: string): string {
  const isStripped = chars === undefined ? isWhitespace : setOf(chars);
  // A code point outside the BMP can only be stripped when `chars` names it, so units suffice otherwise.
  const points = chars !== undefined && surrogate.test(chars) ? [...text] : text;
  let start = 0;
  let end = points.length;
  if (side !== 'right') while (start < end && isStripped(points[start]!)) start++;
  if (side !== 'left') while (end > start && isStripped(points[end - 1]!)) end--;
  if (typeof points === 'string') return points.slice(start, end);
  return points.slice(start, end).join('');
}

function setOf(chars: string): (char: string) => boolean {
  const set = new Set(chars);
  return (char) => set.has(char);
}

/** True when every code point is one UTF-16 unit, so that units can be counted and sliced directly. */
export function isFlat(text: string): boolean {
  return !surrogate.test(text);
}

/** Number of code points. */
export function pointLength(text: string): number {
  if (isFlat(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** The string as an indexable sequence of code points. */
export function toPoints(text: string): string | string[] {
  return isFlat(text) ? text : [...text];
}

/** Code points `[start, end)`. */
export function slicePoints(text: string, start: number, end: number): string {
  return isFlat(text) ? text.slice(start, end) : [...text].slice(start, end).join('');
}

/** Python's order of strings: by code point, where UTF-16 would put astral characters before U+E000. */
export function comparePoints(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === length) return a.length < b.length ? -1 : 1;
  // The first differing unit may be the second half of a pair; step back to compare whole code points.
  if (i > 0 && a.charCodeAt(i) >>> 10 === 0x37 && a.charCodeAt(i - 1) >>> 10 === 0x36) i--;
  return a.codePointAt(i)! < b.codePointAt(i)! ? -1 : 1;
}

/** Splits where `str.splitlines` does; a trailing line break gives no empty last line. */
export function splitLines(text: string, keepEnds = false): string[] {
  const lines: string[] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Python's line boundaries
  const breaks = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g;
  let start = 0;
  for (const match of text.matchAll(breaks)) {
    const end = match.index + match[0].length;
    lines.push(text.slice(start, keepEnds ? end : match.index));
    start = end;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}
