/** Values of Go's string, character and number literals. */
import { quoteString } from './quote.ts';

/** Thrown for a literal that the lexer let through; the parser adds the place. */
export class LiteralError extends Error {}

const escapedCharacters = new Map<string, string>([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
]);

const hexEscapeLengths = new Map<string, number>([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

/** One decoded piece: a code point, or a byte that may be part of one (`\xff`, `\377`). */
interface Piece {
  readonly value: number;
  readonly isByte: boolean;
  readonly next: number;
}

/** Decodes the character or escape sequence at `index` (`strconv.UnquoteChar`). */
function decodePiece(text: string, index: number, quote: string): Piece {
  // Callers stay inside the text.
  const character = String.fromCodePoint(text.codePointAt(index)!);
  if (character === quote) throw new LiteralError('invalid syntax');
  if (character !== '\\') {
    return { value: character.codePointAt(0)!, isByte: false, next: index + character.length };
  }
  const letter = text[index + 1] ?? '';
  const simple = letter === quote && letter !== '' ? letter : escapedCharacters.get(letter);
  if (simple !== undefined) return { value: simple.charCodeAt(0), isByte: false, next: index + 2 };
  const length = hexEscapeLengths.get(letter);
  if (length !== undefined) {
    const digits = text.slice(index + 2, index + 2 + length);
    const value = new RegExp(`^[0-9a-fA-F]{${length}}$`).test(digits) ? Number.parseInt(digits, 16) : -1;
    const isByte = letter === 'x';
    const valid = value >= 0 && (isByte || (value <= 0x10ffff && !(value >= 0xd800 && value <= 0xdfff)));
    if (!valid) throw new LiteralError('invalid syntax');
    return { value, isByte, next: index + 2 + length };
  }
  const octal = /^[0-7]{3}/.exec(text.slice(index + 1, index + 4))?.[0];
  const value = octal === undefined ? 256 : Number.parseInt(octal, 8);
  if (value > 255) throw new LiteralError('invalid syntax');
  return { value, isByte: true, next: index + 4 };
}

/** Value of a `"…"` or back-quoted literal, quotes included in `literal`. */
export function unquoteString(literal: string): string {
  const body = literal.slice(1, -1);
  if (literal.startsWith('`')) return body.replaceAll('\r', '');
  if (!body.includes('\\')) return body;
  const bytes: Buffer[] = [];
  for (let index = 0; index < body.length; ) {
    const piece = decodePiece(body, index, '"');
    const plain = piece.isByte ? Buffer.from([piece.value]) : Buffer.from(String.fromCodePoint(piece.value));
    bytes.push(plain);
    index = piece.next;
  }
  return Buffer.concat(bytes).toString();
}

/** Code point of a `'…'` literal. */
export function unquoteCharacter(literal: string): number {
  if (literal.length < 2 || literal === "''") throw new LiteralError('invalid syntax');
  const piece = decodePiece(literal, 1, "'");
  if (literal.slice(piece.next) !== "'") throw new LiteralError(`malformed character constant: ${literal}`);
  return piece.value;
}

const integerPattern =
  /^([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)$/;
const decimalPattern =
  /^[+-]?(?:[0-9](?:_?[0-9])*(?:\.(?:[0-9](?:_?[0-9])*)?)?|\.[0-9](?:_?[0-9])*)(?:[eE][+-]?[0-9](?:_?[0-9])*)?$/;
const hexFloatPattern =
  /^([+-]?)0[xX]_?([0-9a-fA-F](?:_?[0-9a-fA-F])*)?(?:\.((?:[0-9a-fA-F](?:_?[0-9a-fA-F])*)?))?[pP]([+-]?[0-9](?:_?[0-9])*)$/;

const maxInt64 = (1n << 63n) - 1n;
const maxUint64 = (1n << 64n) - 1n;

/**
 * Value of a number as the template gives it to a function: bigint for Go's int, number for float64, undefined for an
 * integer beyond int64 that uint64 could hold. Complex numbers are refused.
 */
export function parseNumber(text: string): bigint | number | undefined {
  const integer = integerPattern.exec(text);
  if (integer !== null) {
    const value = parseInteger(integer[1] ?? '', integer[2] ?? '');
    if (value <= maxInt64 && value >= -maxInt64 - 1n) return value;
    if (value <= maxUint64 && integer[1] === '') return undefined;
  }
  const float = parseFloat64(text);
  if (float === undefined) throw new LiteralError(`illegal number syntax: ${quoteString(text)}`);
  if (!/[.eEpP]/.test(text)) throw new LiteralError(`integer overflow: ${quoteString(text)}`);
  return float;
}

function parseInteger(sign: string, digits: string): bigint {
  const plain = digits.replaceAll('_', '');
  const isOldOctal = /^0[0-7]+$/.test(plain);
  const value = BigInt(isOldOctal ? `0o${plain.slice(1)}` : plain);
  return sign === '-' ? -value : value;
}

function parseFloat64(text: string): number | undefined {
  if (decimalPattern.test(text)) {
    const value = Number(text.replaceAll('_', ''));
    return Number.isFinite(value) ? value : undefined;
  }
  const parts = hexFloatPattern.exec(text);
  if (parts === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = ''] = parts.map((part) => part?.replaceAll('_', ''));
  if (whole + fraction === '') return undefined;
  const mantissa = Number(BigInt(`0x${whole}${fraction}`));
  const value = mantissa * 2 ** (Number(exponent) - 4 * fraction.length);
  if (!Number.isFinite(value)) return undefined;
  return sign === '-' ? -value : value;
}
