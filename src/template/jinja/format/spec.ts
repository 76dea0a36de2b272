/** Python's format specification mini-language (`format(value, '>8.2f')`), for strings, ints and floats. */
import { TemplateFailure } from '../errors.ts';
import { floatText, isNumber, toDouble } from '../numbers.ts';
import type { Runtime } from '../runtime.ts';
import { toText } from '../text.ts';
import { typeName } from '../type-name.ts';
import { pointLength, slicePoints } from '../unicode.ts';
import { Float, isString, textOf, type Value } from '../values.ts';
import { formatDouble } from './number-text.ts';

interface Spec {
  readonly fill: string;
  readonly align: '<' | '>' | '^' | '=' | undefined;
  readonly sign: '+' | '-' | ' ';
  readonly isAlternate: boolean;
  readonly width: number;
  readonly grouping: ',' | '_' | '';
  readonly precision: number | undefined;
  readonly type: string;
}

const grammar =
  /^(?:(?<fill>[\s\S])?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<alternate>#)?(?<zero>0)?(?<width>\d{1,9})?(?<grouping>[,_])?(?:\.(?<precision>\d{1,9}))?(?<type>[a-zA-Z%])?$/u;

/** `format(value, spec)`. */
export function formatValue(rt: Runtime, value: Value, text: string): string {
  if (text === '') return toText(rt, value);
  if (isString(value)) return formatText(rt, textOf(value), parseSpec(text));
  if (isNumber(value)) return formatNumber(rt, value, parseSpec(text));
  throw new TemplateFailure(`unsupported format string passed to ${typeName(value)}.__format__`);
}

function parseSpec(text: string): Spec {
  const groups = grammar.exec(text)?.groups;
  if (groups === undefined) throw new TemplateFailure('Invalid format specifier');
  const { fill, align, sign, alternate, zero, width, grouping, precision, type } = groups;
  return {
    fill: fill ?? (zero === undefined ? ' ' : '0'),
    // The grammar admits these characters only.
    align: (align ?? (zero === undefined ? undefined : '=')) as Spec['align'],
    sign: (sign ?? '-') as Spec['sign'],
    isAlternate: alternate !== undefined,
    width: Number(width ?? 0),
    grouping: (grouping ?? '') as Spec['grouping'],
    precision: precision === undefined ? undefined : Number(precision),
    type: type ?? '',
  };
}

function formatText(rt: Runtime, text: string, spec: Spec): string {
  if (spec.type !== '' && spec.type !== 's') failType(spec.type, 'str');
  if (spec.align === '=' && spec.fill !== '0')
    throw new TemplateFailure("'=' alignment not allowed in string format specifier");
  const cut = spec.precision === undefined ? text : slicePoints(text, 0, spec.precision);
  return pad(rt, '', cut, { ...spec, align: spec.align === '=' ? '<' : spec.align }, '<');
}

function failType(type: string, of: string): never {
  throw new TemplateFailure(`Unknown format code '${type}' for object of type '${of}'`);
}

function formatNumber(rt: Runtime, value: number | bigint | boolean | Float, spec: Spec): string {
  if (typeof value === 'boolean' && spec.type === '') return pad(rt, '', value ? '1' : '0', spec, '>');
  if (!(value instanceof Float) && !'eEfFgG%'.includes(spec.type || 'd'))
    return formatInt(rt, BigInt(value), spec);
  return formatFloat(rt, toDouble(value), spec);
}

const radix: Readonly<Record<string, number>> = { '': 10, d: 10, n: 10, b: 2, o: 8, x: 16, X: 16 };

function formatInt(rt: Runtime, value: bigint, spec: Spec): string {
  if (spec.precision !== undefined)
    throw new TemplateFailure('Precision not allowed in integer format specifier');
  if (spec.type === 'c') return pad(rt, '', String.fromCodePoint(Number(value)), spec, '<');
  const base = radix[spec.type];
  if (base === undefined) failType(spec.type, 'int');
  const absolute = value < 0n ? -value : value;
  let digits = absolute.toString(base);
  let prefix = spec.isAlternate && base !== 10 ? `0${spec.type}` : '';
  if (spec.type === 'X') {
    digits = digits.toUpperCase();
    prefix = prefix.toUpperCase();
  }
  return pad(
    rt,
    signText(value < 0n, spec) + prefix,
    group(digits, spec.grouping, base === 10 ? 3 : 4),
    spec,
    '>',
  );
}

function formatFloat(rt: Runtime, value: number, spec: Spec): string {
  const isNegative = value < 0 || Object.is(value, -0);
  const lower = spec.type.toLowerCase();
  let text: string;
  if (lower === '' && spec.precision === undefined) text = floatText(Math.abs(value));
  else if (lower === '') {
    text = formatDouble(value, 'g', spec.precision ?? 6, spec.isAlternate);
    if (!/[.en]/.test(text)) text += '.0';
  } else if (lower === '%')
    text = `${formatDouble(value * 100, 'f', spec.precision ?? 6, spec.isAlternate)}%`;
  else if (lower === 'n') text = formatDouble(value, 'g', spec.precision ?? 6, spec.isAlternate);
  else if (lower === 'e' || lower === 'f' || lower === 'g')
    text = formatDouble(value, lower, spec.precision ?? 6, spec.isAlternate);
  else failType(spec.type, 'float');
  if (spec.type !== lower) text = text.toUpperCase();
  const [whole, rest] = splitWhole(text);
  return pad(rt, signText(isNegative, spec), group(whole, spec.grouping, 3) + rest, spec, '>');
}

function splitWhole(text: string): [string, string] {
  const end = /[^\d]/.exec(text)?.index ?? text.length;
  return [text.slice(0, end), text.slice(end)];
}

function signText(isNegative: boolean, spec: Spec): string {
  return isNegative ? '-' : spec.sign === '-' ? '' : spec.sign;
}

function group(digits: string, separator: string, size: number): string {
  if (separator === '') return digits;
  let grouped = digits;
  for (let i = digits.length - size; i > 0; i -= size)
    grouped = `${grouped.slice(0, i)}${separator}${grouped.slice(i)}`;
  return grouped;
}

/** Pads to the width; `=` puts the filling between sign and digits. */
function pad(rt: Runtime, sign: string, text: string, spec: Spec, defaultAlign: '<' | '>'): string {
  const missing = spec.width - pointLength(sign + text);
  if (missing <= 0) return sign + text;
  rt.chargeText(spec.width);
  const align = spec.align ?? defaultAlign;
  const left = align === '<' ? 0 : align === '^' ? Math.floor(missing / 2) : missing;
  const before = spec.fill.repeat(left);
  return (align === '=' ? sign + before + text : before + sign + text) + spec.fill.repeat(missing - left);
}
