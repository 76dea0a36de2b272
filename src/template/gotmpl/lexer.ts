/** Splits a Go template into tokens: text, and what stands inside `{{ … }}`; trim markers and comments end here. */
import { codePointName, quoteStart } from './quote.ts';

export type Keyword =
  | 'block'
  | 'break'
  | 'continue'
  | 'define'
  | 'else'
  | 'end'
  | 'if'
  | 'nil'
  | 'range'
  | 'template'
  | 'with';

export type TokenType =
  | 'text'
  | 'leftDelim'
  | 'rightDelim'
  | 'leftParen'
  | 'rightParen'
  | 'pipe'
  | 'assign'
  | 'declare'
  | 'space'
  | 'char' // any other ASCII character; only the comma has a meaning
  | 'dot'
  | 'field'
  | 'variable'
  | 'identifier'
  | 'bool'
  | 'number'
  | 'complex'
  | 'charConstant'
  | 'string'
  | 'rawString'
  | 'eof'
  | 'error' // `value` is the message
  | Keyword;

export interface Token {
  readonly type: TokenType;
  /** The source text, quotes and dots included. */
  readonly value: string;
  /** Index of the first character in the source. */
  readonly position: number;
  /** 1-based. */
  readonly line: number;
}

const keywords: ReadonlySet<string> = new Set<Keyword>([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
]);

/** How a token is named in error messages (`text/template/parse`: item.String). */
export function describeToken(token: Token): string {
  if (token.type === 'eof') return 'EOF';
  if (token.type === 'error') return token.value;
  if (token.type === 'dot' || keywords.has(token.type)) return `<${token.value}>`;
  return quoteStart(token.value, 10);
}

const leftDelim = '{{';
const rightDelim = '}}';
const wordCharacter = /[\p{L}\p{Nd}_]/u;
const simpleTokens = new Map<string, TokenType>([
  ['=', 'assign'],
  ['|', 'pipe'],
]);

/** Produces one token at a time; after an `error` or `eof` token there is nothing more to read. */
export class Lexer {
  readonly #source: string;
  #position = 0;
  #line = 1;
  /** Where the next newline at or after the position is, so that long lines are searched once. */
  #nextNewline: number;
  #insideAction = false;
  #parenDepth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#nextNewline = newlineAt(source, 0);
  }

  next(): Token {
    return this.#insideAction ? this.#lexAction() : this.#lexText();
  }

  /** Text up to the next action; comments vanish with the whitespace that their markers trim. */
  #lexText(): Token {
    for (;;) {
      const source = this.#source;
      const start = this.#position;
      const delim = source.indexOf(leftDelim, start);
      if (delim < 0) {
        return start === source.length ? this.#emit('eof', start) : this.#emit('text', source.length);
      }
      if (delim > start) {
        let end = delim;
        if (this.#trimsLeft(delim + leftDelim.length)) {
          while (end > start && isSpace(source[end - 1])) end--;
        }
        const token = end > start ? this.#emit('text', end) : undefined;
        this.#skipTo(delim);
        if (token !== undefined) return token;
      }
      const content = delim + leftDelim.length + (this.#trimsLeft(delim + leftDelim.length) ? 2 : 0);
      if (!source.startsWith('/*', content)) {
        const token = this.#emit('leftDelim', delim + leftDelim.length);
        this.#skipTo(content);
        this.#insideAction = true;
        this.#parenDepth = 0;
        return token;
      }
      const failure = this.#skipComment(content);
      if (failure !== undefined) return failure;
    }
  }

  #skipComment(start: number): Token | undefined {
    this.#skipTo(start);
    const close = this.#source.indexOf('*/', start + 2);
    if (close < 0) return this.#error('unclosed comment');
    const end = close + 2;
    const width = this.#rightDelimWidth(end);
    if (width === 0) return this.#error('comment ends before closing delimiter');
    this.#skipTo(end + width);
    if (width > rightDelim.length) this.#skipSpaces();
    return undefined;
  }

  #lexAction(): Token {
    const source = this.#source;
    const start = this.#position;
    const width = this.#rightDelimWidth(start);
    if (width > 0) return this.#lexRightDelim(width);
    const character = codePointAt(source, start);
    if (character === '') return this.#error('unclosed action');
    if (isSpace(character)) return this.#lexSpace();
    const simple = simpleTokens.get(character);
    if (simple !== undefined) return this.#emit(simple, start + 1);
    switch (character) {
      case ':':
        return source[start + 1] === '=' ? this.#emit('declare', start + 2) : this.#error('expected :=');
      case '"':
        return this.#lexQuoted('"', 'string', 'unterminated quoted string');
      case "'":
        return this.#lexQuoted("'", 'charConstant', 'unterminated character constant');
      case '`':
        return this.#lexRawString();
      case '$':
        return this.#lexName('variable');
      case '(':
        this.#parenDepth++;
        return this.#emit('leftParen', start + 1);
      case ')':
        if (--this.#parenDepth < 0) return this.#error('unexpected right paren');
        return this.#emit('rightParen', start + 1);
    }
    const startsNumber = /[0-9+-]/.test(character);
    if (character === '.' && !/[0-9]/.test(source[start + 1] ?? '')) {
      // A dot at the very end of the source is scanned as a number, and fails as one.
      if (start + 1 < source.length) return this.#lexName('field');
    }
    if (startsNumber || character === '.') return this.#lexNumber();
    if (wordCharacter.test(character)) return this.#lexIdentifier();
    if (character > ' ' && character <= '~') return this.#emit('char', start + 1);
    return this.#error(`unrecognized character in action: ${codePointName(character)}`);
  }

  #lexRightDelim(width: number): Token {
    if (this.#parenDepth > 0) return this.#error('unclosed left paren');
    const trims = width > rightDelim.length;
    if (trims) this.#skipTo(this.#position + 2);
    const token = this.#emit('rightDelim', this.#position + rightDelim.length);
    if (trims) this.#skipSpaces();
    this.#insideAction = false;
    return token;
  }

  /** A run of spaces, except the last one when it belongs to ` -}}`. */
  #lexSpace(): Token {
    const start = this.#position;
    let end = start;
    while (isSpace(this.#source[end])) end++;
    if (this.#rightDelimWidth(end - 1) > rightDelim.length) {
      end--;
      if (end === start) return this.#lexRightDelim(rightDelim.length + 2);
    }
    return this.#emit('space', end);
  }

  /** `.Field` or `$variable`: the first character is the sigil; alone it is `.` or `$`. */
  #lexName(type: 'field' | 'variable'): Token {
    const start = this.#position;
    const end = this.#wordEnd(start + 1);
    if (!this.#isTerminator(end)) return this.#badCharacter(end);
    if (end === start + 1) return this.#emit(type === 'field' ? 'dot' : 'variable', end);
    return this.#emit(type, end);
  }

  #lexIdentifier(): Token {
    const end = this.#wordEnd(this.#position);
    if (!this.#isTerminator(end)) return this.#badCharacter(end);
    const word = this.#source.slice(this.#position, end);
    // The set holds exactly the Keyword union, so the word is one of it.
    if (keywords.has(word)) return this.#emit(word as Keyword, end);
    return this.#emit(word === 'true' || word === 'false' ? 'bool' : 'identifier', end);
  }

  #lexQuoted(quote: string, type: TokenType, failure: string): Token {
    for (let i = this.#position + 1; ; i++) {
      let character = this.#source[i];
      if (character === quote) return this.#emit(type, i + 1);
      if (character === '\\') character = this.#source[++i];
      if (character === undefined || character === '\n') return this.#error(failure);
    }
  }

  #lexRawString(): Token {
    const close = this.#source.indexOf('`', this.#position + 1);
    if (close < 0) return this.#error('unterminated raw quoted string');
    return this.#emit('rawString', close + 1);
  }

  /** Accepts a little more than Go's numbers; `parseNumber` is the judge. */
  #lexNumber(): Token {
    const start = this.#position;
    const end = this.#scanNumber(start);
    if (end < 0) return this.#badNumber(-end);
    if (this.#source[end] !== '+' && this.#source[end] !== '-') return this.#emit('number', end);
    const second = this.#scanNumber(end);
    if (second < 0 || this.#source[second - 1] !== 'i') return this.#badNumber(Math.abs(second));
    return this.#emit('complex', second);
  }

  /** Index after the number, negative when a letter or digit follows (then including it). */
  #scanNumber(start: number): number {
    const pattern =
      /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
    pattern.lastIndex = start;
    const end = start + (pattern.exec(this.#source)?.[0].length ?? 0);
    const follower = codePointAt(this.#source, end);
    return wordCharacter.test(follower) ? -(end + follower.length) : end;
  }

  #badNumber(end: number): Token {
    return this.#error(`bad number syntax: ${quoteStart(this.#source.slice(this.#position, end))}`);
  }

  #badCharacter(position: number): Token {
    return this.#error(`bad character ${codePointName(codePointAt(this.#source, position))}`);
  }

  #wordEnd(position: number): number {
    for (;;) {
      const character = codePointAt(this.#source, position);
      if (character === '' || !wordCharacter.test(character)) return position;
      position += character.length;
    }
  }

  /** Whether a name may end here; `$x+2` is refused as Go does. */
  #isTerminator(position: number): boolean {
    const character = this.#source[position];
    return (
      character === undefined ||
      isSpace(character) ||
      '.,|:()'.includes(character) ||
      this.#source.startsWith(rightDelim, position)
    );
  }

  /** Whether `- ` follows an opening delimiter that ends at `position`. */
  #trimsLeft(position: number): boolean {
    return this.#source[position] === '-' && isSpace(this.#source[position + 1]);
  }

  /** Length of the closing delimiter at `position`, its trim marker included; 0 = none there. */
  #rightDelimWidth(position: number): number {
    const source = this.#source;
    if (source.startsWith(rightDelim, position)) return rightDelim.length;
    const marked = isSpace(source[position]) && source.startsWith(`-${rightDelim}`, position + 1);
    return marked ? rightDelim.length + 2 : 0;
  }

  #skipSpaces(): void {
    let end = this.#position;
    while (isSpace(this.#source[end])) end++;
    this.#skipTo(end);
  }

  #skipTo(end: number): void {
    while (this.#nextNewline < end) {
      this.#line++;
      this.#nextNewline = newlineAt(this.#source, this.#nextNewline + 1);
    }
    this.#position = end;
  }

  #emit(type: TokenType, end: number): Token {
    const token = {
      type,
      value: this.#source.slice(this.#position, end),
      position: this.#position,
      line: this.#line,
    };
    this.#skipTo(end);
    return token;
  }

  #error(message: string): Token {
    return { type: 'error', value: message, position: this.#position, line: this.#line };
  }
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n';
}

function newlineAt(source: string, from: number): number {
  const index = source.indexOf('\n', from);
  return index < 0 ? Number.POSITIVE_INFINITY : index;
}

/** The whole character at an index; empty at the end. */
function codePointAt(text: string, index: number): string {
  const codePoint = text.codePointAt(index);
  return codePoint === undefined ? '' : String.fromCodePoint(codePoint);
}
