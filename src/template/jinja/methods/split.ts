/** Splitting and replacing in strings, as Python's methods and the filters do. */
import { TemplateFailure } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { isWhitespace } from '../unicode.ts';

/** `str.split` and `rsplit`; `separator` undefined = runs of white space. */
export function splitText(
  rt: Runtime,
  text: string,
  separator: string | undefined,
  maxSplits: number,
  fromRight: boolean,
): string[] {
  if (separator === '') throw new TemplateFailure('empty separator');
  const limit = maxSplits < 0 ? Number.POSITIVE_INFINITY : maxSplits;
  const parts =
    separator === undefined ? splitWords(text, limit, fromRight) : splitAt(text, separator, limit, fromRight);
  rt.chargeItems(parts.length);
  return parts;
}

function splitAt(text: string, separator: string, limit: number, fromRight: boolean): string[] {
  const parts = text.split(separator);
  const surplus = parts.length - 1 - limit;
  if (surplus <= 0) return parts;
  // More separators than wanted: put the pieces on the far side together again.
  return fromRight
    ? [parts.slice(0, surplus + 1).join(separator), ...parts.slice(surplus + 1)]
    : [...parts.slice(0, limit), parts.slice(limit).join(separator)];
}

function splitWords(text: string, limit: number, fromRight: boolean): string[] {
  const words: string[] = [];
  let start = 0;
  let end = text.length;
  while (start < end && isWhitespace(text[start]!)) start++;
  while (end > start && isWhitespace(text[end - 1]!)) end--;
  if (fromRight) {
    while (start < end && words.length < limit) {
      let at = end;
      while (at > start && !isWhitespace(text[at - 1]!)) at--;
      words.push(text.slice(at, end));
      end = at;
      while (end > start && isWhitespace(text[end - 1]!)) end--;
    }
    // The rest keeps leading white space of the whole text.
    if (start < end) words.push(text.slice(0, end));
    return words.reverse();
  }
  while (start < end && words.length < limit) {
    let at = start;
    while (at < end && !isWhitespace(text[at]!)) at++;
    words.push(text.slice(start, at));
    start = at;
    while (start < end && isWhitespace(text[start]!)) start++;
  }
  // The rest keeps trailing white space of the whole text.
  if (start < end) words.push(text.slice(start));
  return words;
}

/** `str.partition` and `rpartition`. */
export function partition(text: string, separator: string, fromRight: boolean): [string, string, string] {
  if (separator === '') throw new TemplateFailure('empty separator');
  const at = fromRight ? text.lastIndexOf(separator) : text.indexOf(separator);
  if (at < 0) return fromRight ? ['', '', text] : [text, '', ''];
  return [text.slice(0, at), separator, text.slice(at + separator.length)];
}

/** `str.replace`; `count` negative = all. An empty `old` stands between any two characters. */
export function replaceText(
  rt: Runtime,
  text: string,
  old: string,
  replacement: string,
  count: number,
): string {
  rt.chargeChars(text.length);
  if (old === '') return insertBetween(rt, text, replacement, count);
  const parts = text.split(old);
  const times = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  if (times === 0) return text;
  rt.chargeText(text.length + times * (replacement.length - old.length));
  const rest = parts.slice(times).join(old);
  return [...parts.slice(0, times), rest].join(replacement);
}

function insertBetween(rt: Runtime, text: string, replacement: string, count: number): string {
  const points = [...text];
  const times = count < 0 ? points.length + 1 : Math.min(count, points.length + 1);
  rt.chargeText(text.length + times * replacement.length);
  let result = '';
  points.forEach((point, i) => {
    result += i < times ? replacement + point : point;
  });
  return times > points.length ? result + replacement : result;
}
