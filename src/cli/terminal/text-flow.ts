/**
 * Text from a model on its way to a terminal, piece by piece: wrapped at words, and kept from doing anything else to the
 * terminal than showing text.
 */
import { charWidth } from './width.ts';

/** Narrower terminals are not worth wrapping for. */
const minColumns = 10;
const tabColumns = 8;
/** Escape sequences longer than this are not ones that a model means. */
const maxEscapeLength = 32;

/**
 * Turns pieces of text into what to write. A piece is shown at once; when a word turns out not to fit its line, it is
 * erased there and written again on the next.
 *
 * Of control characters only line ends and tabs pass, and no escape sequences: an answer must not move the cursor, set the
 * title, write to the clipboard or hide a part of itself.
 */
export class TextFlow {
  readonly #columns: () => number | undefined;
  #column = 0;
  /** What was written since the last place where the line may be broken. */
  #word = '';
  #wordWidth = 0;
  #escape = '';

  /** `columns` gives the present width of the terminal; undefined = do not wrap. */
  constructor(columns: () => number | undefined) {
    this.#columns = columns;
  }

  /** Column at which the next character will stand, from 0; counts on from the last line end. */
  get column(): number {
    return this.#column;
  }

  /** What to write to the terminal for this piece of text. */
  add(text: string): string {
    let output = '';
    const limit = this.#limit();
    for (const char of text) {
      output += this.#escape === '' ? this.#addChar(char, limit) : this.#skipEscape(char, limit);
    }
    return output;
  }

  /** Columns that may be filled: the last stays free, for terminals disagree on where the cursor is after it. */
  #limit(): number {
    const columns = this.#columns();
    return columns === undefined || columns < minColumns ? Number.POSITIVE_INFINITY : columns - 1;
  }

  #addChar(char: string, limit: number): string {
    if (char === '\n') return this.#breakLine();
    if (char === '\x1b') {
      this.#escape = char;
      return '';
    }
    if (char === ' ' || char === '\t') return this.#addBlank(char, limit);
    const width = charWidth(char);
    if (width === 0) {
      if (/\p{Cc}/u.test(char)) return '';
      this.#word += char;
      return char;
    }
    let output = '';
    if (width === 2) this.#endWord(); // ideographs may be parted anywhere
    if (this.#column + width > limit) output += this.#wrap(width, limit);
    this.#column += width;
    this.#word += char;
    this.#wordWidth += width;
    output += char;
    if (width === 2) this.#endWord();
    return output;
  }

  #addBlank(char: string, limit: number): string {
    this.#endWord();
    const width = char === '\t' ? tabColumns - (this.#column % tabColumns) : 1;
    // A blank at the end of a full line becomes the line end.
    if (this.#column + width > limit) return this.#breakLine();
    this.#column += width;
    return char;
  }

  #breakLine(): string {
    this.#endWord();
    this.#column = 0;
    return '\n';
  }

  #endWord(): void {
    this.#word = '';
    this.#wordWidth = 0;
  }

  /** Starts a new line, with the word so far if it did not begin the line and fits. */
  #wrap(nextWidth: number, limit: number): string {
    const canMove =
      this.#wordWidth > 0 && this.#wordWidth < this.#column && this.#wordWidth + nextWidth <= limit;
    if (!canMove) return this.#breakLine();
    this.#column = this.#wordWidth;
    return `\x1b[${this.#wordWidth}D\x1b[K\n${this.#word}`;
  }

  #skipEscape(char: string, limit: number): string {
    if (char === '\n') {
      this.#escape = '';
      return this.#addChar(char, limit);
    }
    this.#escape += char;
    if (isFinished(this.#escape)) this.#escape = '';
    return '';
  }
}

/** True when no more characters belong to an escape sequence. */
function isFinished(sequence: string): boolean {
  if (sequence.length >= maxEscapeLength) return true;
  const kind = sequence[1] ?? '';
  // CSI ends with a letter or sign; OSC, DCS, SOS, PM and APC with BEL or ST; the others after any intermediate characters.
  if (kind === '[') return sequence.length > 2 && /[@-~]$/.test(sequence);
  if (/[\]P_^X]/.test(kind)) return sequence.endsWith('\x07') || sequence.endsWith('\x1b\\');
  return !/[ -/]$/.test(sequence);
}

/** `text` without escape sequences and without control characters other than line ends and tabs. */
export function harmless(text: string): string {
  return new TextFlow(() => undefined).add(text);
}
