/** Python's arithmetic: ints of any size, floats apart from them, floor division and its remainder, true as 1. */
import { TemplateFailure } from './errors.ts';
import { formatDouble } from './format/number-text.ts';
import { typeName } from './type-name.ts';
import { Float, type Value } from './values.ts';

/** A Python int. */
export type Int = number | bigint;

/** CPython refuses to print ints of more than 4,300 digits; here they cannot be made. */
const maxIntBits = 14_284;
const maxInt = 1n << BigInt(maxIntBits);

/** An int in its one form: a number while it is safe, a bigint beyond. */
export function normalizeInt(value: bigint): Int {
  if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) return Number(value);
  if (value > maxInt || value < -maxInt) throw new TemplateFailure('the integer is too large');
  return value;
}

export function parseFloatLiteral(text: string): Float {
  return new Float(Number(text.replaceAll('_', '')));
}

export function isNumber(value: Value): value is number | bigint | boolean | Float {
  const type = typeof value;
  return type === 'number' || type === 'bigint' || type === 'boolean' || value instanceof Float;
}

/** The int that a value stands for where Python wants an index or a count; undefined when it is none. */
export function asInt(value: Value): Int | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  return typeof value === 'boolean' ? Number(value) : undefined;
}

/** Like `asInt`, cut to what an index or count can be; throws for other types. */
export function toCount(value: Value): number {
  const int = asInt(value);
  if (int === undefined)
    throw new TemplateFailure(`'${typeName(value)}' object cannot be interpreted as an integer`);
  const limit = Number.MAX_SAFE_INTEGER;
  return Math.max(-limit, Math.min(limit, Number(int)));
}

export function toDouble(value: number | bigint | boolean | Float): number {
  if (value instanceof Float) return value.value;
  const double = Number(value);
  if (!Number.isFinite(double)) throw new TemplateFailure('int too large to convert to float');
  return double;
}

export function addNumbers(a: Value, b: Value): Value | undefined {
  if (!isNumber(a) || !isNumber(b)) return undefined;
  if (a instanceof Float || b instanceof Float) return new Float(toDouble(a) + toDouble(b));
  return fromInts(a, b, Number(a) + Number(b), (x, y) => x + y);
}

export function subtractNumbers(a: Value, b: Value): Value | undefined {
  if (!isNumber(a) || !isNumber(b)) return undefined;
  if (a instanceof Float || b instanceof Float) return new Float(toDouble(a) - toDouble(b));
  return fromInts(a, b, Number(a) - Number(b), (x, y) => x - y);
}

export function multiplyNumbers(a: Value, b: Value): Value | undefined {
  if (!isNumber(a) || !isNumber(b)) return undefined;
  if (a instanceof Float || b instanceof Float) return new Float(toDouble(a) * toDouble(b));
  return fromInts(a, b, Number(a) * Number(b), (x, y) => x * y);
}

/** The quick result when it is exact, else the one of big integers. */
function fromInts(
  a: Int | boolean,
  b: Int | boolean,
  quick: number,
  exact: (x: bigint, y: bigint) => bigint,
): Int {
  if (Number.isSafeInteger(quick)) return quick === 0 ? 0 : quick;
  return normalizeInt(exact(BigInt(a), BigInt(b)));
}

export function divideNumbers(a: Value, b: Value): Value | undefined {
  if (!isNumber(a) || !isNumber(b)) return undefined;
  const divisor = toDouble(b);
  if (divisor === 0) failZero(a, b, 'division by zero', 'float division by zero');
  return new Float(toDouble(a) / divisor);
}

export function floorDivideNumbers(a: Value, b: Value): Value | undefined {
  if (!isNumber(a) || !isNumber(b)) return undefined;
  if (a instanceof Float || b instanceof Float) {
    const divisor = toDouble(b);
    if (divisor === 0) throw new TemplateFailure('float floor division by zero');
    const dividend = toDouble(a);
    return new Float(Math.floor((dividend - floatModulo(dividend, divisor)) / divisor));
  }
  const divisor = BigInt(b);
  if (divisor === 0n) throw new TemplateFailure('integer division or modulo by zero');
  const dividend = BigInt(a);
  return normalizeInt((dividend - intModulo(dividend, divisor)) / divisor);
}

export function moduloNumbers(a: Value, b: Value): Value | undefined {
  if (!isNumber(a) || !isNumber(b)) return undefined;
  if (a instanceof Float || b instanceof Float) {
    const divisor = toDouble(b);
    if (divisor === 0) throw new TemplateFailure('float modulo');
    return new Float(floatModulo(toDouble(a), divisor));
  }
  const divisor = BigInt(b);
  if (divisor === 0n) throw new TemplateFailure('integer modulo by zero');
  return normalizeInt(intModulo(BigInt(a), divisor));
}

/** The remainder has the divisor's sign. */
function intModulo(a: bigint, b: bigint): bigint {
  const rest = a % b;
  return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest;
}

function floatModulo(a: number, b: number): number {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
}

export function powerNumbers(a: Value, b: Value): Value | undefined {
  if (!isNumber(a) || !isNumber(b)) return undefined;
  if (!(a instanceof Float) && !(b instanceof Float) && Number(b) >= 0)
    return normalizeInt(intPower(BigInt(a), BigInt(b)));
  const base = toDouble(a);
  const exponent = toDouble(b);
  if (base === 0 && exponent < 0) throw new TemplateFailure('0.0 cannot be raised to a negative power');
  const result = base ** exponent;
  if (Number.isNaN(result) && !Number.isNaN(base) && !Number.isNaN(exponent))
    throw new TemplateFailure('complex numbers are not supported');
  if (!Number.isFinite(result) && Number.isFinite(base) && Number.isFinite(exponent))
    throw new TemplateFailure('Numerical result out of range');
  return new Float(result);
}

function intPower(base: bigint, exponent: bigint): bigint {
  if (base === 0n || base === 1n) return exponent === 0n ? 1n : base;
  if (base === -1n) return exponent % 2n === 0n ? 1n : -1n;
  const bits = BigInt((base < 0n ? -base : base).toString(2).length - 1);
  if (bits * exponent > maxIntBits) throw new TemplateFailure('the integer is too large');
  return base ** exponent;
}

function failZero(a: Value, b: Value, ints: string, floats: string): never {
  throw new TemplateFailure(a instanceof Float || b instanceof Float ? floats : ints);
}

/** `round(value, digits)`: halves of exactly representable values go to the even neighbour. */
export function roundNumber(value: number | bigint | boolean | Float, digits: number): Value {
  if (!(value instanceof Float)) {
    if (digits >= 0) return typeof value === 'boolean' ? Number(value) : value;
    return roundInt(BigInt(value), -digits);
  }
  const { value: double } = value;
  if (!Number.isFinite(double) || digits > 300) return value;
  if (digits < -308) return new Float(double < 0 ? -0 : 0);
  if (digits < 0) {
    const unit = 10 ** -digits;
    return new Float(roundHalfEven(double / unit) * unit);
  }
  if (digits > 22) return value;
  return new Float(Math.sign(double) * Number(formatDouble(double, 'f', digits, false)));
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function roundInt(value: bigint, zeros: number): Int {
  if (zeros > 4300) return 0;
  const unit = 10n ** BigInt(zeros);
  const rest = intModulo(value, unit);
  const down = value - rest;
  const isUp = rest * 2n > unit || (rest * 2n === unit && (down / unit) % 2n !== 0n);
  return normalizeInt(isUp ? down + unit : down);
}

/** `repr` of a float: shortest digits that round-trip, an exponent from 1e16 on and below 1e-4. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa, exponentText] = value.toExponential().split('e') as [string, string]; // always has an exponent
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? '-' : '+';
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const isNegative = mantissa.startsWith('-');
  const digits = mantissa.replace('-', '').replace('.', '');
  let text: string;
  if (exponent < 0) text = `0.${'0'.repeat(-exponent - 1)}${digits}`;
  else {
    const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
    text = `${whole}.${digits.slice(exponent + 1) || '0'}`;
  }
  return isNegative ? `-${text}` : text;
}

/** `int(text, base)`; undefined where Python raises ValueError. */
export function parseInt10(text: string, base = 10): Int | undefined {
  const match = /^([-+]?)(0[bBoOxX])?_?([0-9a-zA-Z]+(?:_[0-9a-zA-Z]+)*)$/.exec(text.trim());
  if (match === null || match[3]!.length > 4300) return undefined;
  const prefix = match[2]?.toLowerCase();
  const prefixBase = prefix === '0b' ? 2 : prefix === '0o' ? 8 : prefix === '0x' ? 16 : undefined;
  let digits = match[3]!.replaceAll('_', '');
  let actual = base;
  if (prefixBase !== undefined && (base === 0 || base === prefixBase)) actual = prefixBase;
  else if (prefix !== undefined) {
    // With another base, "0b1" is just digits.
    digits = `${prefix}${digits}`;
    if (base === 0) return undefined;
  } else if (base === 0) {
    if (/^0+[1-9]/.test(digits)) return undefined;
    actual = 10;
  }
  let value = 0n;
  const big = BigInt(actual);
  for (const char of digits.toLowerCase()) {
    const digit = Number.parseInt(char, 36);
    if (Number.isNaN(digit) || digit >= actual) return undefined;
    value = value * big + BigInt(digit);
  }
  return normalizeInt(match[1] === '-' ? -value : value);
}

/** `float(text)`; undefined where Python raises ValueError. */
export function parseFloatText(text: string): number | undefined {
  const trimmed = text.trim();
  const word = /^([-+]?)(inf|infinity|nan)$/i.exec(trimmed);
  if (word !== null) {
    const value = word[2]!.toLowerCase() === 'nan' ? Number.NaN : Number.POSITIVE_INFINITY;
    return word[1] === '-' ? -value : value;
  }
  const isDecimal = /^[-+]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][-+]?\d+)?$/.test(
    trimmed,
  );
  return isDecimal ? Number(trimmed.replaceAll('_', '')) : undefined;
}
