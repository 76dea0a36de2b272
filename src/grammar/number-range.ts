/** Regular expressions of the decimal numbers between two bounds. */

/** The magnitude of a bound in plain decimal notation, without trailing zeros: 12.5 is `12` and `5`. */
interface Decimal {
  readonly whole: bigint;
  readonly fraction: string;
}

export interface Bound {
  readonly value: number;
  readonly exclusive: boolean;
}

/** Most digits before the point: integers beyond 2^53 lose precision. */
const maxWholeDigits = 16;
/** Most significant digits of a number with bounds, so that reading it as a double cannot move it past one. */
const maxSignificantDigits = 15;
/** Numbers from here on have more digits than may be written. */
const unreachable = 10n ** BigInt(maxWholeDigits);

/** Integers between the bounds, inclusive; undefined = none there. Undefined when there are none. */
export function integerRangePattern(min: Bound | undefined, max: Bound | undefined): string | undefined {
  const low = min && lowestInteger(min);
  const high = max && highestInteger(max);
  return integersBetween(low ?? -unreachable + 1n, high ?? unreachable - 1n);
}

/** The bounds as integers: what the least and the greatest integer within them are. */
export function lowestInteger({ value, exclusive }: Bound): bigint {
  const ceiling = BigInt(Math.ceil(value));
  return exclusive && Number.isInteger(value) ? ceiling + 1n : ceiling;
}

export function highestInteger({ value, exclusive }: Bound): bigint {
  const floor = BigInt(Math.floor(value));
  return exclusive && Number.isInteger(value) ? floor - 1n : floor;
}

function clamp(value: bigint): bigint {
  if (value >= unreachable) return unreachable - 1n;
  return value <= -unreachable ? -unreachable + 1n : value;
}

function integersBetween(low: bigint, high: bigint): string | undefined {
  if (low > high || low >= unreachable || high <= -unreachable) return undefined;
  const [from, to] = [clamp(low), clamp(high)];
  const alternatives: string[] = [];
  if (from < 0n) alternatives.push(`-${integerPattern(to < 0n ? -to : 1n, -from)}`);
  if (to >= 0n) alternatives.push(integerPattern(from > 0n ? from : 0n, to));
  return union(alternatives);
}

function integerPattern(low: bigint, high: bigint): string {
  return union(magnitudesBetween(low, high).map(({ pattern }) => pattern));
}

/** Non-negative integers, one pattern for each number of digits. */
function magnitudesBetween(low: bigint, high: bigint): { nDigits: number; pattern: string }[] {
  const magnitudes: { nDigits: number; pattern: string }[] = [];
  for (let nDigits = String(low).length; nDigits <= String(high).length; nDigits++) {
    const least = nDigits === 1 ? 0n : 10n ** BigInt(nDigits - 1);
    const greatest = 10n ** BigInt(nDigits) - 1n;
    const from = String(low > least ? low : least);
    const to = String(high < greatest ? high : greatest);
    magnitudes.push({ nDigits, pattern: digitsBetween(from, to) });
  }
  return magnitudes;
}

/** Digit strings of one length. */
function digitsBetween(low: string, high: string): string {
  if (low === high) return low;
  if (/^0*$/.test(low) && /^9*$/.test(high)) return digits(low.length);
  const [first, last] = [Number(low[0]), Number(high[0])];
  const rest = low.length - 1;
  if (first === last) return `${first}${digitsBetween(low.slice(1), high.slice(1))}`;
  const alternatives = [
    `${first}${digitsBetween(low.slice(1), '9'.repeat(rest))}`,
    `${last}${digitsBetween('0'.repeat(rest), high.slice(1))}`,
  ];
  if (last - first > 1) alternatives.push(`${digitClass(first + 1, last - 1)}${digits(rest)}`);
  return union(alternatives);
}

/** Decimal numbers between the bounds, at least one of which is given. Undefined when there are none. */
export function decimalRangePattern(
  min: Bound | undefined,
  max: Bound | undefined,
  maxFractionDigits = maxSignificantDigits,
): string | undefined {
  if (min !== undefined && max !== undefined) {
    if (min.value > max.value || (min.value === max.value && (min.exclusive || max.exclusive)))
      return undefined;
  }
  const alternatives: (string | undefined)[] = [];
  // Zero belongs to the positive side; the negative side ends before it.
  if (min === undefined || min.value < 0) {
    const near = max !== undefined && max.value < 0 ? mirror(max) : { value: 0, exclusive: true };
    const negative = magnitudeRange(near, min && mirror(min), maxFractionDigits);
    alternatives.push(negative && `-${negative}`);
  }
  if (max === undefined || max.value > 0 || (max.value === 0 && !max.exclusive)) {
    const near = min !== undefined && min.value >= 0 ? min : { value: 0, exclusive: false };
    alternatives.push(magnitudeRange(near, max, maxFractionDigits));
  }
  const possible = alternatives.filter((alternative) => alternative !== undefined);
  return possible.length === 0 ? undefined : union(possible);
}

function mirror({ value, exclusive }: Bound): Bound {
  return { value: -value, exclusive };
}

/** Non-negative decimals: those with the whole part of a bound, and those with a whole part in between. */
function magnitudeRange(low: Bound, high: Bound | undefined, maxFractionDigits: number): string | undefined {
  const from = toDecimal(low.value);
  const to = high && toDecimal(high.value);
  if (from.whole >= unreachable) return undefined;
  const near = (whole: bigint, least: Limit | undefined, most: Limit | undefined): string | undefined => {
    // A bound's own digits may all be written.
    const own = Math.max(least?.digits.length ?? 0, most?.digits.length ?? 0);
    return withFraction(whole, least, most, Math.min(maxFractionDigits, Math.max(significant(whole), own)));
  };
  const between = (first: bigint, last: bigint): string | undefined =>
    wholesWithFraction(first, last, maxFractionDigits);
  const least: Limit = { digits: from.fraction, exclusive: low.exclusive };
  if (to === undefined || high === undefined || to.whole >= unreachable) {
    return unionOf(near(from.whole, least, undefined), between(from.whole + 1n, unreachable - 1n));
  }
  const most: Limit = { digits: to.fraction, exclusive: high.exclusive };
  if (from.whole === to.whole) return near(from.whole, least, most);
  return unionOf(
    near(from.whole, least, undefined),
    between(from.whole + 1n, to.whole - 1n),
    near(to.whole, undefined, most),
  );
}

/** Fraction digits that a number of this size keeps exactly. */
function significant(whole: bigint): number {
  return Math.max(0, maxSignificantDigits - String(whole).length);
}

/** The longer the whole part, the fewer digits behind the point. */
function wholesWithFraction(low: bigint, high: bigint, maxFractionDigits: number): string | undefined {
  if (low > high) return undefined;
  const alternatives = magnitudesBetween(low, high).map(({ nDigits, pattern }) => {
    const max = Math.min(maxFractionDigits, Math.max(0, maxSignificantDigits - nDigits));
    return max === 0 ? pattern : `${pattern}(?:\\.${digitsUpTo(1, max)})?`;
  });
  return union(alternatives);
}

/** A bound on the digits behind the point. */
interface Limit {
  readonly digits: string;
  readonly exclusive: boolean;
}

/** One whole part with the fractions between two limits. */
function withFraction(
  whole: bigint,
  low: Limit | undefined,
  high: Limit | undefined,
  maxDigits: number,
): string | undefined {
  const fraction = fractionsBetween(relax(low), high, maxDigits);
  if (fraction === undefined) return undefined;
  const { empty, some } = fraction;
  if (some === undefined) return empty ? String(whole) : undefined;
  return `${whole}${empty ? `(?:\\.${some})?` : `\\.${some}`}`;
}

/** A lower limit of zero that may be reached is none. */
function relax(low: Limit | undefined): Limit | undefined {
  return low?.digits === '' && !low.exclusive ? undefined : low;
}

/** Continuations of a fraction: whether none is allowed, and a pattern of one digit and more. */
interface Continuations {
  readonly empty: boolean;
  readonly some: string | undefined;
}

/** Digit strings, read as if followed by zeros for ever, between the limits; undefined when there are none. */
function fractionsBetween(
  low: Limit | undefined,
  high: Limit | undefined,
  maxDigits: number,
): Continuations | undefined {
  if (low === undefined && high === undefined) {
    return { empty: true, some: maxDigits === 0 ? undefined : digitsUpTo(1, maxDigits) };
  }
  if (high?.digits === '' && (high.exclusive || low !== undefined)) return undefined;
  const empty = low === undefined;
  const byNext = new Map<string, { first: number; last: number; next: Continuations }[]>();
  const lowDigit = Number(low?.digits[0] ?? 0);
  const highDigit = high === undefined ? 9 : Number(high.digits[0] ?? 0);
  for (let digit = low === undefined ? 0 : lowDigit; maxDigits > 0 && digit <= highDigit; digit++) {
    const nextLow = low !== undefined && digit === lowDigit ? relax(dropDigit(low)) : undefined;
    const nextHigh = high !== undefined && digit === highDigit ? dropDigit(high) : undefined;
    const next = fractionsBetween(nextLow, nextHigh, maxDigits - 1);
    if (next === undefined) continue;
    const key = JSON.stringify(next);
    const runs = byNext.get(key) ?? [];
    const run = runs.at(-1);
    if (run?.last === digit - 1) run.last = digit;
    else runs.push({ first: digit, last: digit, next });
    byNext.set(key, runs);
  }
  const alternatives = [...byNext.values()].flat().map(({ first, last, next }) => {
    const rest = next.some === undefined ? '' : next.empty ? `(?:${next.some})?` : next.some;
    return digitClass(first, last) + rest;
  });
  if (alternatives.length === 0 && !empty) return undefined;
  return { empty, some: alternatives.length === 0 ? undefined : union(alternatives) };
}

function dropDigit(limit: Limit): Limit {
  return { digits: limit.digits.slice(1), exclusive: limit.exclusive };
}

function toDecimal(value: number): Decimal {
  const [mantissa = '', exponentText = ''] = Math.abs(value).toExponential().split('e');
  const exponent = Number(exponentText);
  const significant = mantissa.replace('.', '');
  const point = exponent + 1;
  const whole = point <= 0 ? '0' : significant.slice(0, point).padEnd(point, '0');
  const fraction = point <= 0 ? '0'.repeat(-point) + significant : significant.slice(point);
  return { whole: BigInt(whole), fraction: fraction.replace(/0+$/, '') };
}

function digits(count: number): string {
  return count === 0 ? '' : `[0-9]{${count}}`;
}

function digitsUpTo(min: number, max: number): string {
  return `[0-9]{${min},${max}}`;
}

function digitClass(first: number, last: number): string {
  return first === last ? String(first) : `[${first}-${last}]`;
}

function union(alternatives: readonly string[]): string {
  return alternatives.length === 1 ? alternatives[0]! : `(?:${alternatives.join('|')})`;
}

function unionOf(...alternatives: readonly (string | undefined)[]): string | undefined {
  const possible = alternatives.filter((alternative) => alternative !== undefined);
  return possible.length === 0 ? undefined : union(possible);
}
