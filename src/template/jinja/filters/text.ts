/** Filters on strings. */
import { Parameters } from '../call-args.ts';
import { Dict } from '../dict.ts';
import { TemplateFailure } from '../errors.ts';
import { formatPercent } from '../format/percent.ts';
import { isTrue, iterate } from '../iterate.ts';
import { replaceText, splitText } from '../methods/split.ts';
import { asInt } from '../numbers.ts';
import { add } from '../operators.ts';
import type { Filter, Runtime } from '../runtime.ts';
import { toText } from '../text.ts';
import { capitalize, center } from '../text-case.ts';
import { typeName } from '../type-name.ts';
import { pointLength, slicePoints, splitLines, strip, whitespaceClass } from '../unicode.ts';
import { isString, Markup, Tuple, textOf, Undefined, type Value } from '../values.ts';
import { attributeGetter } from './attribute.ts';
import { define } from './define.ts';

/** A filter that maps text to text; safe strings stay safe. */
function onText(name: string, map: (text: string, p: Parameters, rt: Runtime) => string): [string, Filter] {
  return [
    name,
    (rt, input, args) => {
      const p = new Parameters(name, args);
      const text = toText(rt, input);
      rt.chargeChars(text.length);
      const result = map(text, p, rt);
      p.done();
      return input instanceof Markup ? new Markup(result) : result;
    },
  ];
}

const wordStart = new RegExp(`([-${whitespaceClass}({\\[<]+)`);

/** jinja2's own idea of words, unlike `str.title`. */
function titleWords(text: string): string {
  return text
    .split(wordStart)
    .map((word) => capitalize(word))
    .join('');
}

function replace(rt: Runtime, input: Value, p: Parameters): Value {
  const old = toText(rt, p.required('old'));
  const replacement = toText(rt, p.required('new'));
  const count = p.optional('count');
  p.done();
  const times = count === undefined || count === null ? -1 : Number(asInt(count) ?? -1);
  return replaceText(rt, toText(rt, input), old, replacement, times);
}

function indent(rt: Runtime, input: Value, p: Parameters): Value {
  const width = p.get('width', 4);
  const withFirst = isTrue(rt, p.get('first', false));
  const withBlank = isTrue(rt, p.get('blank', false));
  p.done();
  const count = asInt(width);
  if (count === undefined && !isString(width))
    throw new TemplateFailure(`can't multiply sequence by non-int of type '${typeName(width)}'`);
  const columns = Math.max(0, Number(count ?? 0));
  rt.chargeText(columns);
  const indentation = isString(width) ? textOf(width) : ' '.repeat(columns);
  if (!isString(input)) add(rt, input, '\n'); // fails as jinja2's `s += newline` does
  const text = isString(input) ? textOf(input) : '';
  const lines = splitLines(`${text}\n`);
  rt.chargeText(text.length + lines.length * (indentation.length + 1));
  const [first = '', ...rest] = lines;
  const indented = [first, ...rest.map((line) => (line !== '' || withBlank ? indentation + line : line))];
  const result = (withFirst ? indentation : '') + indented.join('\n');
  return input instanceof Markup ? new Markup(result) : result;
}

/** Texts within this many characters of the limit are left whole. */
const defaultLeeway = 5;

function truncate(rt: Runtime, input: Value, p: Parameters): Value {
  const length = p.count('length', 255);
  const killWords = isTrue(rt, p.get('killwords', false));
  const end = p.text('end') ?? '...';
  const leeway = p.count('leeway', defaultLeeway);
  p.done();
  if (input instanceof Undefined) return input;
  if (!isString(input)) throw new TemplateFailure(`object of type '${typeName(input)}' has no len()`);
  const kept = length - pointLength(end);
  if (kept < 0) throw new TemplateFailure(`expected length >= ${pointLength(end)}, got ${length}`);
  if (leeway < 0) throw new TemplateFailure(`expected leeway >= 0, got ${leeway}`);
  const text = textOf(input);
  rt.chargeChars(text.length);
  if (pointLength(text) <= length + leeway) return input;
  const cut = slicePoints(text, 0, kept);
  return (killWords ? cut : splitText(rt, cut, ' ', 1, true)[0]!) + end;
}

function join(rt: Runtime, input: Value, p: Parameters): Value {
  const separator = toText(rt, p.get('d', ''));
  const attribute = p.get('attribute', null);
  p.done();
  const get = attribute === null ? undefined : attributeGetter(attribute);
  let text = '';
  let isFirst = true;
  for (const item of iterate(rt, input)) {
    if (!isFirst) text += separator;
    isFirst = false;
    text += toText(rt, get === undefined ? item : get(rt, item));
    rt.checkLength(text.length);
  }
  return text;
}

function format(
  rt: Runtime,
  input: Value,
  positional: readonly Value[],
  keyword: ReadonlyMap<string, Value>,
): Value {
  if (positional.length > 0 && keyword.size > 0)
    throw new TemplateFailure("can't handle positional and keyword arguments at the same time");
  const template = isString(input) ? input : toText(rt, input);
  return formatPercent(rt, template, keyword.size > 0 ? Dict.of(keyword) : new Tuple(positional));
}

export const textFilters: readonly [string, Filter][] = [
  onText('upper', (text) => text.toUpperCase()),
  onText('lower', (text) => text.toLowerCase()),
  onText('capitalize', (text) => capitalize(text)),
  onText('title', (text) => titleWords(text)),
  onText('trim', (text, p) => strip(text, 'both', p.text('chars'))),
  onText('center', (text, p, rt) => center(rt, text, p.count('width', 80), ' ')),
  onText('string', (text) => text),
  define('replace', replace),
  define('indent', indent),
  define('truncate', truncate),
  define('join', join),
  ['format', (rt, input, { positional, keyword }) => format(rt, input, positional, keyword)],
  [
    'wordcount',
    (rt, input, args) => {
      new Parameters('wordcount', args).done();
      const text = toText(rt, input);
      rt.chargeChars(text.length);
      return text.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0;
    },
  ],
];
