/** Tokens inside one tag: names, numbers, strings and operators, up to the closing braces. */
import { TemplateFailure } from './errors.ts';
import { normalizeInt, parseFloatLiteral } from './numbers.ts';
import { unescapeString } from './string-literal.ts';
import { type OperatorText, operatorTexts, type Token } from './tokens.ts';
import { isWhitespace } from './unicode.ts';

const floatLiteral = /(?<!\.)\d+(?:_\d+)*(?:(?:\.\d+(?:_\d+)*)?[eE][-+]?\d+(?:_\d+)*|\.\d+(?:_\d+)*)/y;
const integerLiteral = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/y;
const name = /[\p{ID_Continue}]+/uy;
const nameStart = /^[\p{ID_Start}_]/u;

/** CPython refuses longer decimal literals too. */
const maxDigits = 4300;

const opened: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** The end of a tag: where it begins and ends, and the sign before the braces. */
export interface Closing {
  readonly at: number;
  readonly end: number;
  readonly sign: string;
}

export class TagLexer {
  readonly #source: string;
  readonly #braces: '%}' | '}}';
  /** Closing brackets that are still expected, innermost last. */
  readonly #expected: string[] = [];
  #position: number;
  /** Set once `next` met the end of the tag. */
  closing: Closing | undefined;

  constructor(source: string, position: number, braces: '%}' | '}}') {
    this.#source = source;
    this.#position = position;
    this.#braces = braces;
  }

  /** The next token; undefined at the end of the tag (`closing` is set) or of the source (it is not). */
  next(): Token | undefined {
    const source = this.#source;
    for (;;) {
      if (this.#expected.length === 0 && this.#readClosing()) return undefined;
      const char = source[this.#position];
      if (char === undefined) return undefined;
      if (!isWhitespace(char)) return this.#readToken(char);
      this.#position++;
    }
  }

  /** Inside brackets, `}}` closes two dictionaries rather than the tag. */
  #readClosing(): boolean {
    const at = this.#position;
    const first = this.#source[at];
    // `+}}` is not a closing in jinja2, `+%}` is.
    const sign = first === '-' || (first === '+' && this.#braces === '%}') ? first : '';
    if (!this.#source.startsWith(this.#braces, at + sign.length)) return false;
    this.closing = { at, end: at + sign.length + 2, sign };
    return true;
  }

  #readToken(char: string): Token {
    const at = this.#position;
    if (char === "'" || char === '"') return this.#readString(char, at);
    const number = this.#match(floatLiteral);
    if (number !== undefined) return { type: 'float', text: number, number: parseFloatLiteral(number), at };
    const integer = this.#match(integerLiteral);
    if (integer !== undefined) return this.#integerToken(integer, at);
    const word = this.#match(name);
    if (word !== undefined) {
      if (!nameStart.test(word)) throw new TemplateFailure('Invalid character in identifier', { offset: at });
      return { type: 'name', text: word, at };
    }
    const operator = operatorTexts.find((text) => this.#source.startsWith(text, at));
    if (operator === undefined) throw new TemplateFailure(`unexpected char '${char}'`, { offset: at });
    this.#position += operator.length;
    this.#balance(operator, at);
    return { type: operator, text: operator, at };
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const text = pattern.exec(this.#source)?.[0];
    if (text !== undefined) this.#position += text.length;
    return text;
  }

  #integerToken(text: string, at: number): Token {
    if (text.length > maxDigits) throw new TemplateFailure('the number has too many digits', { offset: at });
    return { type: 'integer', text, number: normalizeInt(BigInt(text.replaceAll('_', ''))), at };
  }

  #readString(quote: string, at: number): Token {
    const source = this.#source;
    let end = at + 1;
    while (end < source.length && source[end] !== quote) end += source[end] === '\\' ? 2 : 1;
    if (end >= source.length) throw new TemplateFailure(`unexpected char ${quote}`, { offset: at });
    this.#position = end + 1;
    return { type: 'string', text: unescapeString(source.slice(at + 1, end), at), at };
  }

  #balance(operator: OperatorText, at: number): void {
    const closes = opened[operator];
    if (closes !== undefined) this.#expected.push(closes);
    else if (operator === ')' || operator === ']' || operator === '}') {
      const expected = this.#expected.pop();
      if (expected === undefined) throw new TemplateFailure(`unexpected '${operator}'`, { offset: at });
      if (expected !== operator)
        throw new TemplateFailure(`unexpected '${operator}', expected '${expected}'`, { offset: at });
    }
  }
}
