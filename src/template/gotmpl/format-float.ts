/** Decimal forms of float64 as Go prints them (`strconv.FormatFloat`), rounded exactly, ties to even. */

/** Digits d₀d₁d₂… and the exponent of d₀: the value is d₀.d₁d₂… × 10^exponent. */
interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

/** More fraction digits than any double has; beyond them only zeros follow. */
const maxFractionDigits = 1100;

/** |value| = numerator / denominator, exactly. */
function exactFraction(value: number): readonly [bigint, bigint] {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(value));
  const word = bits.getBigUint64(0);
  const biased = Number(word >> 52n);
  const fraction = word & ((1n << 52n) - 1n);
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  const exponent = Math.max(biased, 1) - 1075;
  return exponent >= 0 ? [mantissa << BigInt(exponent), 1n] : [mantissa, 1n << BigInt(-exponent)];
}

function divideToEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}

/** |value| × 10^scale as a whole number. */
function scaled(value: number, scale: number): bigint {
  const [numerator, denominator] = exactFraction(value);
  return scale >= 0
    ? divideToEven(numerator * 10n ** BigInt(scale), denominator)
    : divideToEven(numerator, denominator * 10n ** BigInt(-scale));
}

/** The shortest digits that read back as the same number. */
function shortest(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = Math.abs(value).toExponential().split('e');
  return { digits: mantissa.replace('.', ''), exponent: Number(exponent) };
}

/** Rounded to a number of significant digits, at least one. */
function significant(value: number, nDigits: number): Decimal {
  if (value === 0) return { digits: '0'.repeat(nDigits), exponent: 0 };
  const wanted = Math.min(nDigits, maxFractionDigits);
  let { exponent } = shortest(value);
  let digits = scaled(value, wanted - 1 - exponent).toString();
  if (digits.length < wanted) {
    // The shortest form was rounded up to a power of ten.
    exponent--;
    digits = scaled(value, wanted - 1 - exponent).toString();
  } else if (digits.length > wanted) {
    // 9.99… was rounded up; the digit more is a zero.
    exponent++;
    digits = digits.slice(0, wanted);
  }
  return { digits: digits.padEnd(nDigits, '0'), exponent };
}

function exponentForm({ digits, exponent }: Decimal): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${size}`;
}

function positionalForm({ digits, exponent }: Decimal): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return digits.padEnd(exponent + 1, '0');
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

function fixedForm(value: number, precision: number): string {
  const nDigits = Math.min(precision, maxFractionDigits);
  const digits = scaled(value, nDigits)
    .toString()
    .padStart(nDigits + 1, '0');
  if (precision === 0) return digits;
  const point = digits.length - nDigits;
  return `${digits.slice(0, point)}.${digits.slice(point).padEnd(precision, '0')}`;
}

/** Go's `%g`: exponents below -4 or from the precision on (6 when shortest) are written out. */
function generalForm(value: number, precision: number | undefined): string {
  const decimal = precision === undefined ? shortest(value) : significant(value, Math.max(precision, 1));
  const digits = decimal.digits.replace(/(?<=.)0+$/, '');
  const trimmed = { digits, exponent: decimal.exponent };
  let limit = precision === undefined ? 6 : Math.max(precision, 1);
  if (precision !== undefined && limit > digits.length && digits.length >= decimal.exponent + 1) {
    limit = digits.length;
  }
  return decimal.exponent < -4 || decimal.exponent >= limit ? exponentForm(trimmed) : positionalForm(trimmed);
}

/** Of a finite number. `precision` undefined = as many digits as it needs. A minus sign is kept, a plus sign never written. */
export function formatFloat(value: number, form: 'e' | 'f' | 'g', precision?: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (form === 'g') return sign + generalForm(value, precision);
  if (form === 'e') {
    return sign + exponentForm(precision === undefined ? shortest(value) : significant(value, precision + 1));
  }
  return sign + (precision === undefined ? positionalForm(shortest(value)) : fixedForm(value, precision));
}
