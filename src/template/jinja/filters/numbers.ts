/** Filters on numbers and to numbers. */
import type { Parameters } from '../call-args.ts';
import { TemplateFailure } from '../errors.ts';
import { formatDouble } from '../format/number-text.ts';
import { isTrue } from '../iterate.ts';
import { isNumber, normalizeInt, parseFloatText, parseInt10, roundNumber, toDouble } from '../numbers.ts';
import { unary } from '../operators.ts';
import type { Filter, Runtime } from '../runtime.ts';
import { typeName } from '../type-name.ts';
import { Float, isString, textOf, Undefined, type Value } from '../values.ts';
import { define } from './define.ts';

function toInt(rt: Runtime, input: Value, p: Parameters): Value {
  const fallback = p.get('default', 0);
  const base = p.count('base', 10);
  p.done();
  if (input instanceof Undefined) rt.failUndefined(input);
  if (base !== 0 && (base < 2 || base > 36))
    throw new TemplateFailure('int() base must be >= 2 and <= 36, or 0');
  if (isString(input)) {
    const text = textOf(input);
    rt.chargeChars(text.length);
    const int = parseInt10(text, base);
    if (int !== undefined) return int;
    const float = parseFloatText(text);
    return float === undefined || !Number.isFinite(float)
      ? fallback
      : normalizeInt(BigInt(Math.trunc(float)));
  }
  if (!isNumber(input)) return fallback;
  if (!(input instanceof Float)) return typeof input === 'boolean' ? Number(input) : input;
  if (!Number.isFinite(input.value)) {
    if (Number.isNaN(input.value)) return fallback;
    throw new TemplateFailure('cannot convert float infinity to integer');
  }
  return normalizeInt(BigInt(Math.trunc(input.value)));
}

function toFloat(rt: Runtime, input: Value, p: Parameters): Value {
  const fallback = p.get('default', new Float(0));
  p.done();
  if (input instanceof Undefined) rt.failUndefined(input);
  if (isNumber(input)) return new Float(toDouble(input));
  if (!isString(input)) return fallback;
  rt.chargeChars(textOf(input).length);
  const float = parseFloatText(textOf(input));
  return float === undefined ? fallback : new Float(float);
}

function absolute(rt: Runtime, input: Value, p: Parameters): Value {
  p.done();
  if (!isNumber(input)) throw new TemplateFailure(`bad operand type for abs(): '${typeName(input)}'`);
  return toDouble(input) < 0 ? unary(rt, '-', input) : unary(rt, '+', input);
}

function round(_rt: Runtime, input: Value, p: Parameters): Value {
  const precision = p.count('precision', 0);
  const method = p.text('method') ?? 'common';
  p.done();
  if (method !== 'common' && method !== 'ceil' && method !== 'floor')
    throw new TemplateFailure('method must be common, ceil or floor');
  if (input instanceof Undefined) throw new TemplateFailure(input.message);
  if (!isNumber(input)) throw new TemplateFailure(`type ${typeName(input)} doesn't define __round__ method`);
  if (method === 'common') return roundNumber(input, precision);
  const unit = 10 ** precision;
  return new Float((method === 'ceil' ? Math.ceil : Math.floor)(toDouble(input) * unit) / unit);
}

const unitLetters = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'] as const;

function fileSize(rt: Runtime, input: Value, p: Parameters): Value {
  const isBinary = isTrue(rt, p.get('binary', false));
  p.done();
  if (input instanceof Undefined) rt.failUndefined(input);
  const bytes = isString(input)
    ? parseFloatText(textOf(input))
    : isNumber(input)
      ? toDouble(input)
      : undefined;
  if (bytes === undefined || Number.isNaN(bytes))
    throw new TemplateFailure('could not convert to a file size');
  const base = isBinary ? 1024 : 1000;
  if (bytes === 1) return '1 Byte';
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  let power = 1;
  while (power < unitLetters.length && bytes >= base ** (power + 1)) power++;
  const letter = unitLetters[power - 1]!;
  const suffix = isBinary ? `${letter.toUpperCase()}iB` : `${letter}B`;
  return `${formatDouble((base * bytes) / base ** (power + 1), 'f', 1, false)} ${suffix}`;
}

export const numberFilters: readonly [string, Filter][] = [
  define('int', toInt),
  define('float', toFloat),
  define('abs', absolute),
  define('round', round),
  define('filesizeformat', fileSize),
];
