/** Finds where a bracketed value ends in a text that is still growing, reading every character once. */

const openers = '{[(';
const closers = '}])';

/** Brackets inside strings do not count; one finder serves one value. */
export class EndFinder {
  readonly #quotes: readonly string[];
  #position: number;
  #depth = 0;
  /** The quote that ends the string in which the reading stands. */
  #quote: string | undefined;

  /** `start`: index of the opening bracket. `quotes`: what strings stand between; only strings in `"` or `'` know escapes. */
  constructor(start: number, quotes: readonly string[] = ['"']) {
    this.#position = start;
    this.#quotes = quotes;
  }

  /** Index after the closing bracket, or -1 when it has not come yet. `text` begins with that of the last call. */
  find(text: string): number {
    while (this.#position < text.length) {
      const char = text[this.#position] ?? '';
      if (this.#quote !== undefined) {
        const mayEscape = this.#quote.length === 1;
        if (mayEscape && char === '\\') {
          if (this.#position + 1 === text.length) return -1;
          this.#position += 2;
        } else if (text.startsWith(this.#quote, this.#position)) {
          this.#position += this.#quote.length;
          this.#quote = undefined;
        } else if (this.#isPartial(text, this.#quote)) {
          return -1;
        } else {
          this.#position++;
        }
        continue;
      }
      const quote = this.#quotes.find((each) => text.startsWith(each, this.#position));
      if (quote !== undefined) {
        this.#quote = quote;
        this.#position += quote.length;
        continue;
      }
      if (this.#quotes.some((each) => this.#isPartial(text, each))) return -1;
      this.#position++;
      if (openers.includes(char)) this.#depth++;
      else if (closers.includes(char) && --this.#depth <= 0) return this.#position;
    }
    return -1;
  }

  /** The text ends here with a part of `quote`. */
  #isPartial(text: string, quote: string): boolean {
    const length = text.length - this.#position;
    return length < quote.length && quote.startsWith(text.slice(this.#position));
  }
}

/** Index after the JSON value that begins at `start` with a bracket, or -1 when the text ends before it. */
export function findJsonEnd(text: string, start: number): number {
  return new EndFinder(start).find(text);
}
