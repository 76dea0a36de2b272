/** Floats as decimal text in the styles `e`, `f` and `g` of printf and of Python's format specifications. */
import { TemplateFailure } from '../errors.ts';

/** More digits than any double has are noise that only costs time. */
const maxPrecision = 1000;

/** Digits of |value| in `style`; `isAlternate` keeps the point and trailing zeros (`#`). */
export function formatDouble(
  value: number,
  style: 'e' | 'f' | 'g',
  precision: number,
  isAlternate: boolean,
): string {
  if (precision > maxPrecision) throw new TemplateFailure('precision too big');
  const double = Math.abs(value);
  if (Number.isNaN(double)) return 'nan';
  if (!Number.isFinite(double)) return 'inf';
  if (style === 'f') return withPoint(fixed(double, precision), precision, isAlternate);
  if (style === 'e') return exponential(double, precision, isAlternate);
  return general(double, precision === 0 ? 1 : precision, isAlternate);
}

function withPoint(text: string, precision: number, isAlternate: boolean): string {
  return precision === 0 && isAlternate ? `${text}.` : text;
}

/** toFixed takes exact halves up, C takes them to the even neighbour; it also gives up at 1e21. */
function fixed(double: number, precision: number): string {
  if (double >= 1e21) {
    const whole = BigInt(double).toString();
    return precision === 0 ? whole : `${whole}.${'0'.repeat(precision)}`;
  }
  const exactDigits = Math.min(100, precision + 60);
  const exact = double.toFixed(exactDigits);
  return precision > exactDigits
    ? exact + '0'.repeat(precision - exactDigits)
    : roundDecimal(exact, precision);
}

/** Rounds a plain decimal text to `precision` places, halves to even. */
function roundDecimal(text: string, precision: number): string {
  const [whole, fraction = ''] = text.split('.') as [string, string?]; // split gives at least one part
  if (fraction.length <= precision) return text;
  const kept = BigInt(`${whole}${fraction.slice(0, precision)}`);
  const rest = fraction.slice(precision);
  const half = `5${'0'.repeat(rest.length - 1)}`;
  const isUp = rest > half || (rest === half && kept % 2n === 1n);
  const digits = (isUp ? kept + 1n : kept).toString().padStart(precision + 1, '0');
  if (precision === 0) return digits;
  return `${digits.slice(0, -precision)}.${digits.slice(-precision)}`;
}

function exponential(double: number, precision: number, isAlternate: boolean): string {
  const { mantissa, exponent } = scientific(double, precision);
  const sign = exponent < 0 ? '-' : '+';
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${withPoint(mantissa, precision, isAlternate)}e${sign}${power}`;
}

/** toExponential takes exact halves up, too; so it is asked for more digits than any half has. */
function scientific(double: number, precision: number): { mantissa: string; exponent: number } {
  const exactDigits = 100;
  const [exact, power] = double.toExponential(exactDigits).split('e') as [string, string]; // always has an exponent
  if (precision >= exactDigits)
    return { mantissa: exact + '0'.repeat(precision - exactDigits), exponent: Number(power) };
  const mantissa = roundDecimal(exact, precision);
  if (!mantissa.startsWith('10')) return { mantissa, exponent: Number(power) };
  // 9.96 has become 10.0.
  const zeros = precision === 0 ? '' : `.${'0'.repeat(precision)}`;
  return { mantissa: `1${zeros}`, exponent: Number(power) + 1 };
}

function general(double: number, precision: number, isAlternate: boolean): string {
  const { exponent } = scientific(double, precision - 1);
  const isExponential = exponent < -4 || exponent >= precision;
  const places = precision - 1 - exponent;
  const text = isExponential
    ? exponential(double, precision - 1, isAlternate)
    : withPoint(fixed(double, Math.max(0, places)), places, isAlternate);
  if (isAlternate) return text;
  const [mantissa, power] = text.split('e') as [string, string?]; // split gives at least one part
  const trimmed = mantissa.includes('.') ? mantissa.replace(/0+$/, '').replace(/\.$/, '') : mantissa;
  return power === undefined ? trimmed : `${trimmed}e${power}`;
}
