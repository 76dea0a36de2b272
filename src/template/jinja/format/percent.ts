/** `'%s and %05.1f' % values`: printf-style formatting of strings. */
import { Dict } from '../dict.ts';
import { TemplateFailure } from '../errors.ts';
import { escapeValue } from '../markup.ts';
import { asInt, isNumber, toDouble } from '../numbers.ts';
import type { Runtime } from '../runtime.ts';
import { toRepr, toText } from '../text.ts';
import { typeName } from '../type-name.ts';
import { pointLength, slicePoints } from '../unicode.ts';
import { Float, isString, Markup, Range, Tuple, textOf, Undefined, type Value } from '../values.ts';
import { formatDouble } from './number-text.ts';

const conversion =
  /%(?:\((?<key>[^)]*)\))?(?<flags>[-+ #0]*)(?<width>\*|\d{1,9})?(?:\.(?<precision>\*|\d{0,9}))?[hlL]?(?<type>[\s\S]?)/g;

/** The values of one formatting, taken in turn or by key. */
class Operands {
  readonly #items: readonly Value[];
  readonly #mapping: Dict | undefined;
  #next = 0;
  #usedMapping = false;

  constructor(values: Value) {
    this.#mapping = values instanceof Dict ? values : undefined;
    this.#items = values instanceof Tuple ? values.items : [values];
  }

  take(): Value {
    const value = this.#items[this.#next++];
    if (value === undefined) throw new TemplateFailure('not enough arguments for format string');
    return value;
  }

  byKey(key: string): Value {
    if (this.#mapping === undefined) throw new TemplateFailure('format requires a mapping');
    this.#usedMapping = true;
    const value = this.#mapping.get(key);
    if (value === undefined) throw new TemplateFailure(`KeyError: '${key}'`);
    return value;
  }

  checkAllUsed(isLenient: boolean): void {
    if (this.#usedMapping || isLenient || this.#next >= this.#items.length) return;
    throw new TemplateFailure('not all arguments converted during string formatting');
  }
}

/** `template % values`; a safe template escapes what it takes in. */
export function formatPercent(rt: Runtime, template: string | Markup, values: Value): Value {
  const isSafe = template instanceof Markup;
  const operands = new Operands(values);
  const source = textOf(template);
  rt.chargeChars(source.length);
  const text = source.replace(conversion, (...match) => {
    const groups = match.at(-1) as Record<string, string | undefined>; // named groups come last
    const type = groups.type ?? '';
    if (type === '%') return '%';
    if (type === '') throw new TemplateFailure('incomplete format');
    const value = (): Value => (groups.key === undefined ? operands.take() : operands.byKey(groups.key));
    const width = groups.width === '*' ? starValue(operands.take()) : Number(groups.width ?? 0);
    const precision = groups.precision === '*' ? starValue(operands.take()) : groups.precision;
    const formatted = convert(rt, value(), type, {
      flags: (groups.flags ?? '') + (width < 0 ? '-' : ''),
      width: Math.abs(width),
      precision: precision === undefined ? undefined : Number(precision),
      isSafe,
    });
    return formatted;
  });
  rt.chargeText(text.length);
  operands.checkAllUsed(isSubscriptable(values));
  return isSafe ? new Markup(text) : text;
}

/** Python takes whatever can be subscribed for a mapping, and a mapping may stay unused. */
function isSubscriptable(value: Value): boolean {
  return (
    value instanceof Dict || Array.isArray(value) || value instanceof Range || value instanceof Undefined
  );
}

function starValue(value: Value): number {
  const int = asInt(value);
  if (int === undefined) throw new TemplateFailure('* wants int');
  return Number(int);
}

interface Options {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly isSafe: boolean;
}

function convert(rt: Runtime, value: Value, type: string, options: Options): string {
  switch (type) {
    case 's':
    case 'r':
    case 'a': {
      let text = type === 's' ? toText(rt, value) : toRepr(rt, value);
      if (options.isSafe) text = escapeValue(rt, type === 's' ? value : text).text;
      if (options.precision !== undefined) text = slicePoints(text, 0, options.precision);
      return pad(rt, '', text, { ...options, flags: options.flags.replaceAll('0', '') });
    }
    case 'c':
      return pad(rt, '', character(value), { ...options, flags: options.flags.replaceAll('0', '') });
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
      return integer(rt, value, type, options);
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      return float(rt, value, type, options);
    default:
      throw new TemplateFailure(`unsupported format character '${type}'`);
  }
}

function character(value: Value): string {
  const int = asInt(value);
  if (int !== undefined && int >= 0 && int <= 0x10ffff) return String.fromCodePoint(Number(int));
  if (isString(value) && pointLength(textOf(value)) === 1) return textOf(value);
  throw new TemplateFailure('%c requires int or char');
}

function integer(rt: Runtime, value: Value, type: string, options: Options): string {
  if (value instanceof Undefined) rt.failUndefined(value);
  const isDecimal = 'diu'.includes(type);
  if (!isNumber(value) || (value instanceof Float && !isDecimal))
    throw new TemplateFailure(
      isDecimal
        ? `%${type} format: a real number is required, not ${typeName(value)}`
        : `%${type} format: an integer is required, not ${typeName(value)}`,
    );
  if (value instanceof Float && !Number.isFinite(value.value))
    throw new TemplateFailure('cannot convert float infinity or NaN to integer');
  const int = value instanceof Float ? BigInt(Math.trunc(value.value)) : BigInt(value);
  rt.chargeText(options.precision ?? 0);
  const radix = isDecimal ? 10 : type === 'o' ? 8 : 16;
  let digits = (int < 0n ? -int : int).toString(radix).padStart(options.precision ?? 0, '0');
  const prefix = options.flags.includes('#') && !isDecimal ? `0${type}` : '';
  if (type === 'X') digits = digits.toUpperCase();
  return pad(rt, sign(int < 0n, options) + prefix, digits, options);
}

function float(rt: Runtime, value: Value, type: string, options: Options): string {
  if (value instanceof Undefined) rt.failUndefined(value);
  if (!isNumber(value)) throw new TemplateFailure(`must be real number, not ${typeName(value)}`);
  const double = toDouble(value);
  const style = type.toLowerCase() as 'e' | 'f' | 'g'; // the caller passes these only
  let digits = formatDouble(double, style, options.precision ?? 6, options.flags.includes('#'));
  if (style !== type) digits = digits.toUpperCase();
  return pad(rt, sign(double < 0 || Object.is(double, -0), options), digits, options);
}

function sign(isNegative: boolean, { flags }: Options): string {
  return isNegative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

function pad(rt: Runtime, sign: string, text: string, { flags, width }: Options): string {
  const missing = width - pointLength(sign + text);
  if (missing <= 0) return sign + text;
  rt.chargeText(width);
  if (flags.includes('-')) return sign + text + ' '.repeat(missing);
  if (flags.includes('0')) return sign + '0'.repeat(missing) + text;
  return ' '.repeat(missing) + sign + text;
}
