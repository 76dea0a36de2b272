/** Methods of strings. On a safe string (Markup) they give safe strings, and escape what is put in. */
import { Parameters } from '../call-args.ts';
import { TemplateFailure } from '../errors.ts';
import { formatMap, formatString } from '../format/str-format.ts';
import { iterate } from '../iterate.ts';
import { escapeValue } from '../markup.ts';
import type { Runtime } from '../runtime.ts';
import { capitalize, center, expandTabs, isTitle, pad, swapCase, title, zeroFill } from '../text-case.ts';
import { typeName } from '../type-name.ts';
import { pointLength, slicePoints, splitLines, strip } from '../unicode.ts';
import {
  type CallArguments,
  isString,
  Markup,
  type NativeBody,
  Tuple,
  textOf,
  type Value,
} from '../values.ts';
import { partition, replaceText, splitText } from './split.ts';

type Method = (text: string, p: Parameters, rt: Runtime) => Value;
type WholeMethod = (value: string | Markup, rt: Runtime, args: CallArguments) => Value;

/** The bound method, or undefined when strings have none of that name. */
export function stringMethod(value: string | Markup, name: string): NativeBody | undefined {
  const whole = wholeMethods.get(name);
  if (whole !== undefined) return (rt, args) => whole(value, rt, args);
  const method = methods.get(name);
  if (method === undefined) return undefined;
  return (rt, args) => {
    const text = textOf(value);
    rt.chargeChars(text.length);
    const p = new Parameters(name, args);
    const result = method(text, p, rt);
    p.done();
    return value instanceof Markup ? markSafe(result) : result;
  };
}

function markSafe(result: Value): Value {
  if (typeof result === 'string') return new Markup(result);
  if (Array.isArray(result)) return result.map(markSafe);
  return result instanceof Tuple ? new Tuple(result.items.map(markSafe)) : result;
}

/** Methods that need to know whether the string is safe. */
const wholeMethods: ReadonlyMap<string, WholeMethod> = new Map<string, WholeMethod>([
  ['format', (value, rt, args) => formatString(rt, value, args)],
  [
    'format_map',
    (value, rt, args) => {
      const p = new Parameters('format_map', args);
      const mapping = p.required('mapping', true);
      p.done();
      return formatMap(rt, value, mapping);
    },
  ],
  [
    'join',
    (value, rt, args) => {
      const p = new Parameters('join', args);
      const items = p.required('iterable', true);
      p.done();
      return joinTexts(rt, value, items);
    },
  ],
  [
    'replace',
    (value, rt, args) => {
      const p = new Parameters('replace', args);
      const old = p.requiredText('old', true);
      const replacement = p.required('new', true);
      if (!isString(replacement))
        throw new TemplateFailure(`replace() argument 2 must be str, not ${typeName(replacement)}`);
      const count = p.count('count', -1);
      p.done();
      if (typeof value === 'string') return replaceText(rt, value, old, textOf(replacement), count);
      return new Markup(replaceText(rt, value.text, old, escapeValue(rt, replacement).text, count));
    },
  ],
]);

function joinTexts(rt: Runtime, separator: string | Markup, items: Value): Value {
  const isSafe = separator instanceof Markup;
  const glue = textOf(separator);
  let text = '';
  let count = 0;
  for (const item of iterate(rt, items)) {
    if (!isString(item))
      throw new TemplateFailure(`sequence item ${count}: expected str instance, ${typeName(item)} found`);
    if (count++ > 0) text += glue;
    text += isSafe ? escapeValue(rt, item).text : textOf(item);
    rt.checkLength(text.length);
  }
  return isSafe ? new Markup(text) : text;
}

/** `[start, end)` arguments of find, count and the like, as code points. */
function part(text: string, p: Parameters): { text: string; offset: number; isInside: boolean } {
  const length = pointLength(text);
  const bound = (name: string, fallback: number): number => {
    const given = p.optional(name, true);
    if (given === undefined || given === null) return fallback;
    if (typeof given !== 'number') throw new TemplateFailure('slice indices must be integers or None');
    return given < 0 ? Math.max(0, given + length) : given;
  };
  const start = bound('start', 0);
  const end = Math.min(length, bound('end', length));
  return { text: slicePoints(text, start, Math.max(start, end)), offset: start, isInside: start <= end };
}

function find(text: string, p: Parameters, fromRight: boolean): number {
  const wanted = p.requiredText('sub', true);
  const area = part(text, p);
  if (!area.isInside) return -1;
  const at = fromRight ? area.text.lastIndexOf(wanted) : area.text.indexOf(wanted);
  return at < 0 ? -1 : area.offset + pointLength(area.text.slice(0, at));
}

function found(index: number): number {
  if (index < 0) throw new TemplateFailure('substring not found');
  return index;
}

function countText(text: string, p: Parameters, rt: Runtime): number {
  const wanted = p.requiredText('sub', true);
  const area = part(text, p);
  if (!area.isInside) return 0;
  if (wanted === '') return pointLength(area.text) + 1;
  let count = 0;
  for (let at = area.text.indexOf(wanted); at >= 0; at = area.text.indexOf(wanted, at + wanted.length)) {
    count++;
    rt.step();
  }
  return count;
}

/** `startswith` and `endswith` take one text or a tuple of them. */
function hasAffix(
  text: string,
  p: Parameters,
  name: string,
  test: (text: string, affix: string) => boolean,
): boolean {
  const given = p.required('prefix', true);
  const area = part(text, p);
  const affixes = given instanceof Tuple ? given.items : [given];
  return affixes.some((affix) => {
    if (!isString(affix))
      throw new TemplateFailure(`${name} first arg must be str or a tuple of str, not ${typeName(affix)}`);
    return area.isInside && test(area.text, textOf(affix));
  });
}

function fillCharacter(p: Parameters): string {
  const fill = p.text('fillchar', true) ?? ' ';
  if (pointLength(fill) !== 1)
    throw new TemplateFailure('The fill character must be exactly one character long');
  return fill;
}

function matches(pattern: RegExp): Method {
  return (text) => text !== '' && pattern.test(text);
}

const methods: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['upper', (text) => text.toUpperCase()],
  ['lower', (text) => text.toLowerCase()],
  ['casefold', (text) => text.toLowerCase().replaceAll('ß', 'ss')],
  ['capitalize', (text) => capitalize(text)],
  ['title', (text) => title(text)],
  ['swapcase', (text) => swapCase(text)],
  ['strip', (text, p) => strip(text, 'both', p.text('chars', true))],
  ['lstrip', (text, p) => strip(text, 'left', p.text('chars', true))],
  ['rstrip', (text, p) => strip(text, 'right', p.text('chars', true))],
  [
    'removeprefix',
    (text, p) => {
      const prefix = p.requiredText('prefix', true);
      return text.startsWith(prefix) ? text.slice(prefix.length) : text;
    },
  ],
  [
    'removesuffix',
    (text, p) => {
      const suffix = p.requiredText('suffix', true);
      return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
    },
  ],
  ['split', (text, p, rt) => splitText(rt, text, p.text('sep'), p.count('maxsplit', -1), false)],
  ['rsplit', (text, p, rt) => splitText(rt, text, p.text('sep'), p.count('maxsplit', -1), true)],
  [
    'splitlines',
    (text, p, rt) => {
      const lines = splitLines(text, p.optional('keepends') === true);
      rt.chargeItems(lines.length);
      return lines;
    },
  ],
  ['partition', (text, p) => new Tuple(partition(text, p.requiredText('sep', true), false))],
  ['rpartition', (text, p) => new Tuple(partition(text, p.requiredText('sep', true), true))],
  ['startswith', (text, p) => hasAffix(text, p, 'startswith', (area, affix) => area.startsWith(affix))],
  ['endswith', (text, p) => hasAffix(text, p, 'endswith', (area, affix) => area.endsWith(affix))],
  ['find', (text, p) => find(text, p, false)],
  ['rfind', (text, p) => find(text, p, true)],
  ['index', (text, p) => found(find(text, p, false))],
  ['rindex', (text, p) => found(find(text, p, true))],
  ['count', countText],
  ['center', (text, p, rt) => center(rt, text, p.count('width', 0, true), fillCharacter(p))],
  ['ljust', (text, p, rt) => pad(rt, text, p.count('width', 0, true), fillCharacter(p), 'right')],
  ['rjust', (text, p, rt) => pad(rt, text, p.count('width', 0, true), fillCharacter(p), 'left')],
  ['zfill', (text, p, rt) => zeroFill(rt, text, p.count('width', 0, true))],
  ['expandtabs', (text, p, rt) => expandTabs(rt, text, p.count('tabsize', 8))],
  ['isalpha', matches(/^\p{L}+$/u)],
  ['isalnum', matches(/^[\p{L}\p{N}]+$/u)],
  ['isdigit', matches(/^[\p{Nd}²³¹⁰-⁹₀-₉①-⑨]+$/u)],
  ['isdecimal', matches(/^\p{Nd}+$/u)],
  ['isnumeric', matches(/^\p{N}+$/u)],
  ['isspace', (text) => text !== '' && strip(text, 'left') === ''],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
  ['isascii', (text) => /^[\x00-\x7f]*$/.test(text)],
  ['islower', (text) => /\p{Lowercase}/u.test(text) && !/[\p{Lu}\p{Lt}]/u.test(text)],
  ['isupper', (text) => /\p{Lu}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text)],
  ['istitle', (text) => isTitle(text)],
  ['isidentifier', matches(/^[\p{ID_Start}_]\p{ID_Continue}*$/u)],
  ['isprintable', (text) => !/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(text)],
]);
