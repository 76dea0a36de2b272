/**
 * Cuts the text of a Modelfile into command words and values.
 *
 * What a word may look like and how far a value reaches depends on the command, so the parser asks for the pieces one
 * after the other: `keyword()`, then perhaps `word()`, then `value()`.
 */
import { CriaError } from '../errors.ts';

export interface Keyword {
  /** As written. */
  readonly text: string;
  /** 1-based line on which it stands; CR and LF count one line end each, as in Ollama. */
  readonly line: number;
}

export class ModelfileLexer {
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  /**
   * Skips blank space and comments and reads a command word with the blank that ends it; undefined at the end of the text.
   * `isComplete` is false when the word ended at something else than a space or a tab.
   */
  keyword(): (Keyword & { readonly isComplete: boolean }) | undefined {
    this.#skipToCommand();
    if (this.#isAtEnd()) return undefined;
    const line = this.#line;
    // Whatever stands first belongs to the word, so that the error can tell it is no command.
    let text = keepPrintable(this.#take());
    while (isAsciiLetter(this.#peek())) text += this.#take();
    if (this.#isAtEnd()) throw unexpectedEof();
    if (!isBlank(this.#peek())) return { text, line, isComplete: false };
    this.#take();
    return { text, line, isComplete: true };
  }

  /** Reads a word of the characters that `isPart` accepts and the blank that ends it. Throws when it ends otherwise. */
  word(isPart: (char: string) => boolean): string {
    while (isBlank(this.#peek())) this.#take();
    let text = '';
    while (isPart(this.#peek())) text += this.#take();
    if (!isBlank(this.#peek())) throw unexpectedEof(this.#isAtEnd() ? '' : text);
    this.#take();
    return text;
  }

  /**
   * Reads a value to the end of its line, or, when it begins with quotes, to the first line end before which they are
   * closed. Returns it without the quotes and without the space around it.
   */
  value(): string {
    while (isBlank(this.#peek())) this.#take();
    const quotes = new OpenQuotes();
    let text = '';
    while (!this.#isAtEnd()) {
      const char = this.#peek();
      if (isLineEnd(char) && quotes.areClosed()) break;
      this.#take();
      const kept = isBlank(char) || isLineEnd(char) ? char : keepPrintable(char);
      if (kept === '') continue;
      text += kept;
      quotes.add(kept);
    }
    if (!quotes.areClosed()) throw unexpectedEof();
    return unquote(text.trim());
  }

  #skipToCommand(): void {
    for (let char = this.#peek(); char !== ''; char = this.#peek()) {
      if (char === '#') {
        while (!this.#isAtEnd() && !isLineEnd(this.#peek())) this.#take();
      } else if (isBlank(char) || isLineEnd(char)) {
        this.#take();
      } else {
        return;
      }
    }
  }

  #isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The next character (a whole code point), or '' at the end. */
  #peek(): string {
    const code = this.#text.codePointAt(this.#at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  #take(): string {
    const char = this.#peek();
    this.#at += char.length;
    if (isLineEnd(char)) this.#line++;
    return char;
  }
}

/**
 * Tells whether the text that was added so far, space around it aside, is a finished value. Looks at each character once:
 * a licence of many lines would otherwise be read again at each of its line ends.
 */
class OpenQuotes {
  /** First and last three characters of the text; runs of space inside stand as one. */
  #head = '';
  #tail = '';
  #length = 0;
  #pendingSpaces = 0;

  add(char: string): void {
    if (isBlank(char) || isLineEnd(char)) {
      if (this.#length > 0) this.#pendingSpaces++;
      return;
    }
    const added = this.#pendingSpaces > 0 ? ` ${char}` : char;
    this.#length += this.#pendingSpaces + 1;
    this.#pendingSpaces = 0;
    if (this.#head.length < 3) this.#head = (this.#head + added).slice(0, 3);
    this.#tail = (this.#tail + added).slice(-3);
  }

  areClosed(): boolean {
    if (this.#head === '"""') return this.#length >= 6 && this.#tail === '"""';
    if (this.#head.startsWith('"')) return this.#length >= 2 && this.#tail.endsWith('"');
    return true;
  }
}

function unquote(text: string): string {
  if (text.startsWith('"""')) return text.slice(3, -3);
  if (text.startsWith('"')) return text.slice(1, -1);
  return text;
}

/** The character itself, or '' for control characters, spaces other than U+0020, joiners and other invisible ones. */
function keepPrintable(char: string): string {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char) ? char : '';
}

function isBlank(char: string): boolean {
  return char === ' ' || char === '\t';
}

function isLineEnd(char: string): boolean {
  return char === '\n' || char === '\r';
}

function isAsciiLetter(char: string): boolean {
  return /^[A-Za-z]$/.test(char);
}

function unexpectedEof(buffer = ''): CriaError {
  return new CriaError('bad_request', buffer === '' ? 'unexpected EOF' : `unexpected EOF: ${buffer}`);
}
