/** Case changes and padding of strings, as Python's string methods and jinja2's filters do them. */
import type { Runtime } from './runtime.ts';
import { pointLength } from './unicode.ts';

/** First character upper (title) case, the rest lower case. */
export function capitalize(text: string): string {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
  return text === '' ? '' : titleCase(first) + text.slice(first.length).toLowerCase();
}

/** A character that becomes two in upper case ('ß') has only the first of them upper in title case. */
function titleCase(char: string): string {
  const upper = char.toUpperCase();
  return upper.length > char.length ? upper[0]! + upper.slice(1).toLowerCase() : upper;
}

/** `str.title`: every run of letters is a word. */
export function title(text: string): string {
  return text.replace(/\p{L}+/gu, (word) => capitalize(word));
}

export function isTitle(text: string): boolean {
  let hasCased = false;
  let isAfterCased = false;
  for (const char of text) {
    const isUpper = /[\p{Lu}\p{Lt}]/u.test(char);
    const isLower = /\p{Lowercase}/u.test(char);
    if ((isUpper && isAfterCased) || (isLower && !isAfterCased)) return false;
    isAfterCased = isUpper || isLower;
    hasCased ||= isAfterCased;
  }
  return hasCased;
}

export function swapCase(text: string): string {
  let swapped = '';
  for (const char of text) swapped += /\p{Lu}/u.test(char) ? char.toLowerCase() : char.toUpperCase();
  return swapped;
}

/** Fills up to `width` code points on one side. */
export function pad(rt: Runtime, text: string, width: number, fill: string, side: 'left' | 'right'): string {
  const missing = width - pointLength(text);
  if (missing <= 0) return text;
  rt.chargeText(width * fill.length);
  const filling = fill.repeat(missing);
  return side === 'left' ? filling + text : text + filling;
}

/** CPython's rule for an odd number of fill characters: the extra one goes left when the width is odd. */
export function center(rt: Runtime, text: string, width: number, fill: string): string {
  const missing = width - pointLength(text);
  if (missing <= 0) return text;
  rt.chargeText(width * fill.length);
  const left = Math.floor(missing / 2) + (missing & width & 1);
  return fill.repeat(left) + text + fill.repeat(missing - left);
}

export function zeroFill(rt: Runtime, text: string, width: number): string {
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  return sign + pad(rt, text.slice(sign.length), width - sign.length, '0', 'left');
}

export function expandTabs(rt: Runtime, text: string, tabSize: number): string {
  let expanded = '';
  let column = 0;
  for (const char of text) {
    if (char === '\t') {
      const spaces = tabSize > 0 ? tabSize - (column % tabSize) : 0;
      rt.chargeText(expanded.length + spaces);
      expanded += ' '.repeat(spaces);
      column += spaces;
    } else {
      expanded += char;
      column = char === '\n' || char === '\r' ? 0 : column + 1;
    }
  }
  return expanded;
}
