/**
 * Finds the first JSON value in a body and checks its grammar, depth and number of values before anything is allocated for
 * it: a body of a few hundred megabytes may hold one long image, but not a hundred million empty arrays.
 *
 * Complaints are those of Go's encoding/json (scanner.go), which Ollama's users know.
 */
import { CriaError } from '../errors.ts';

export interface JsonLimits {
  readonly maxDepth: number;
  /** Values of every kind, and keys. */
  readonly maxValues: number;
}

export interface JsonSpan {
  readonly start: number;
  readonly end: number;
}

/** The first value's place in `bytes`, or undefined when there is nothing but white space. Throws `bad_request`. */
export function scanJson(bytes: Uint8Array, limits: JsonLimits): JsonSpan | undefined {
  const scanner = new Scanner(bytes, limits);
  const start = scanner.skipSpace(0);
  if (start === bytes.length) return undefined;
  return { start, end: scanner.value(start) };
}

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const dot = 0x2e;
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const lowerE = 0x65;
const lowerU = 0x75;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Bytes that may follow a backslash: `"\/bfnrt`, and `u` with its digits. */
const simpleEscapes = new Set([...'"\\/bfnrt'].map((c) => c.charCodeAt(0)));
const literals = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), word]));

/** From this length on, a native search for the closing quote beats a loop. */
const longString = 64;

class Scanner {
  readonly #bytes: Uint8Array;
  readonly #limits: JsonLimits;
  #nValues = 0;
  /** Where the next ones are known to be: each byte is searched once, however many strings and escapes there are. */
  #nextQuote = -1;
  #nextBackslash = -1;

  constructor(bytes: Uint8Array, limits: JsonLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
  }

  skipSpace(from: number): number {
    const bytes = this.#bytes;
    let i = from;
    while (i < bytes.length) {
      const c = bytes[i];
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
      i++;
    }
    return i;
  }

  /** Scans the value that begins at `from` and returns where it ends. Not recursive: depth costs a byte a level. */
  value(from: number): number {
    const open: number[] = []; // the closing byte of each container that is open
    let i = from;
    for (;;) {
      this.#count();
      const c = this.#at(i);
      if (c === openBrace || c === openBracket) {
        if (open.length >= this.#limits.maxDepth) throw new CriaError('bad_request', 'exceeded max depth');
        const close = c === openBrace ? closeBrace : closeBracket;
        i = this.skipSpace(i + 1);
        if (this.#at(i) === close) {
          i++;
        } else {
          open.push(close);
          if (close === closeBrace) i = this.#key(i);
          continue;
        }
      } else {
        i = this.#scalar(c, i);
      }

      // After a value: go on in its container, or close as many as end here.
      let isContinued = false;
      while (open.length > 0 && !isContinued) {
        i = this.skipSpace(i);
        const close = open[open.length - 1];
        const next = this.#at(i);
        if (next === comma) {
          i = this.skipSpace(i + 1);
          if (close === closeBrace) i = this.#key(i);
          isContinued = true;
        } else if (next === close) {
          open.pop();
          i++;
        } else {
          this.#fail(i, close === closeBrace ? 'after object key:value pair' : 'after array element');
        }
      }
      if (!isContinued) return i;
    }
  }

  /** Scans a key and its colon; returns where the value begins. */
  #key(from: number): number {
    this.#count();
    if (this.#at(from) !== quote) this.#fail(from, 'looking for beginning of object key string');
    const i = this.skipSpace(this.#string(from));
    if (this.#at(i) !== colon) this.#fail(i, 'after object key');
    return this.skipSpace(i + 1);
  }

  #scalar(c: number, i: number): number {
    if (c === quote) return this.#string(i);
    if (c === minus || isDigit(c)) return this.#number(i);
    const word = literals.get(c);
    if (word === undefined) return this.#fail(i, 'looking for beginning of value');
    for (let k = 1; k < word.length; k++) {
      if (this.#at(i + k) !== word.charCodeAt(k))
        this.#fail(i + k, `in literal ${word} (expecting '${word[k]}')`);
    }
    return i + word.length;
  }

  #string(from: number): number {
    const bytes = this.#bytes;
    let i = from + 1;
    for (;;) {
      const chunkEnd = Math.min(i + longString, bytes.length);
      while (i < chunkEnd) {
        const c = bytes[i] as number; // i < length
        if (c === quote) return i + 1;
        if (c < 0x20) this.#fail(i, 'in string literal');
        i = c === backslash ? this.#escape(i) : i + 1;
      }
      if (i >= bytes.length) this.#at(i);
      i = this.#skipPlain(i);
    }
  }

  /**
   * The next quote or backslash at or after `from`. Control characters in between are left to JSON.parse, which refuses
   * them too.
   */
  #skipPlain(from: number): number {
    if (this.#nextQuote < from) this.#nextQuote = this.#find(quote, from);
    if (this.#nextBackslash < from) this.#nextBackslash = this.#find(backslash, from);
    return Math.min(this.#nextQuote, this.#nextBackslash);
  }

  #find(byte: number, from: number): number {
    const found = this.#bytes.indexOf(byte, from);
    return found < 0 ? this.#bytes.length : found;
  }

  #escape(at: number): number {
    const c = this.#at(at + 1);
    if (c !== lowerU) {
      if (!simpleEscapes.has(c)) this.#fail(at + 1, 'in string escape code');
      return at + 2;
    }
    for (let i = at + 2; i < at + 6; i++) {
      if (!isHex(this.#at(i))) this.#fail(i, 'in \\u hexadecimal character escape');
    }
    return at + 6;
  }

  #number(from: number): number {
    const bytes = this.#bytes;
    let i = from;
    if (bytes[i] === minus) i++;
    if (!isDigit(this.#at(i))) this.#fail(i, 'in numeric literal');
    i = bytes[i] === zero ? i + 1 : this.#digits(i);
    if (bytes[i] === dot) {
      if (!isDigit(this.#at(i + 1))) this.#fail(i + 1, 'after decimal point in numeric literal');
      i = this.#digits(i + 1);
    }
    if (((bytes[i] ?? 0) | 0x20) === lowerE) {
      i++;
      if (bytes[i] === minus || bytes[i] === 0x2b) i++;
      if (!isDigit(this.#at(i))) this.#fail(i, 'in exponent of numeric literal');
      i = this.#digits(i);
      this.#requireFinite(from, i);
    }
    return i;
  }

  /** JSON.parse would make an infinity of it. (Without an exponent it takes 309 digits; those may pass.) */
  #requireFinite(from: number, end: number): void {
    const text = Buffer.from(this.#bytes.subarray(from, end)).toString('latin1');
    if (Number.isFinite(Number(text))) return;
    throw new CriaError('bad_request', `json: cannot unmarshal number ${text} into Go value of type float64`);
  }

  #digits(from: number): number {
    let i = from;
    while (isDigit(this.#bytes[i] ?? 0)) i++;
    return i;
  }

  #at(i: number): number {
    const c = this.#bytes[i];
    if (c === undefined) throw new CriaError('bad_request', 'unexpected EOF');
    return c;
  }

  #count(): void {
    if (++this.#nValues > this.#limits.maxValues)
      throw new CriaError('bad_request', `more than ${this.#limits.maxValues} JSON values`);
  }

  #fail(i: number, where: string): never {
    throw new CriaError('bad_request', `invalid character ${goQuoteChar(this.#at(i))} ${where}`);
  }
}

function isDigit(c: number): boolean {
  return c >= zero && c <= nine;
}

function isHex(c: number): boolean {
  return isDigit(c) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66);
}

/** As Go shows a byte: in single quotes, control characters escaped, others read as Latin-1. */
function goQuoteChar(c: number): string {
  if (c === 0x27) return "'\\''";
  if (c === quote) return "'\"'";
  const named: Readonly<Record<number, string>> = {
    7: '\\a',
    8: '\\b',
    9: '\\t',
    10: '\\n',
    11: '\\v',
    12: '\\f',
    13: '\\r',
    92: '\\\\',
  };
  const name = named[c];
  if (name !== undefined) return `'${name}'`;
  if (c < 0x20 || c === 0x7f) return `'\\x${c.toString(16).padStart(2, '0')}'`;
  if (c >= 0x80 && (c < 0xa1 || c === 0xad)) return `'\\u${c.toString(16).padStart(4, '0')}'`;
  return `'${String.fromCharCode(c)}'`;
}
