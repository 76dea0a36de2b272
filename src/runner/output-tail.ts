/** Keeps the last lines that a child process printed, and tells which of them names an error. */

const maxLines = 64;
const maxLineLength = 2000;

/** Lines of llama.cpp, ggml and Node that say why something failed; found by what they have in common. */
const errorPattern =
  /\berror\b|error:|exception|\bfail(?:ed|ure)\b|\bfatal\b|\baborted\b|assert|out of memory|(?:cannot|unable to) (?:alloc|find|load|map|open|read)|terminate called/i;
/** What llama.cpp says after the reason: that a model was not loaded. */
const consequencePattern = /: failed to load model$/;
/** Lines that may match but only say where: frames of a stack trace, and the source line that Node quotes. */
const tracePattern = /^\s*(?:at |#\d|\^|throw )/;

/** Splits streamed text into lines; bounded in lines and in their length. */
export class OutputTail {
  readonly #onLine: (line: string) => void;
  readonly #lines: string[] = [];
  #partial = '';
  #lastError: string | undefined;

  /** `onLine` sees every complete line. */
  constructor(onLine: (line: string) => void = () => {}) {
    this.#onLine = onLine;
  }

  /** Takes a piece of text, whose ends need not be those of lines. */
  push(text: string): void {
    const pieces = text.split(/\r\n|\n|\r/);
    const last = pieces.pop() ?? '';
    for (const piece of pieces) {
      this.#add(this.#partial + piece);
      this.#partial = '';
    }
    this.#partial = (this.#partial + last).slice(0, maxLineLength);
  }

  /** The stream has ended: an unfinished line counts. */
  end(): void {
    const rest = this.#partial;
    this.#partial = '';
    this.#add(rest);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The last line that looked like an error, however many came after it. */
  get lastErrorLine(): string | undefined {
    return this.#lastError;
  }

  /** Errors up to here did no harm and explain nothing that happens later. */
  forgetErrors(): void {
    this.#lastError = undefined;
  }

  #add(raw: string): void {
    const line = raw.slice(0, maxLineLength).trimEnd();
    if (line === '') return;
    this.#lines.push(line);
    if (this.#lines.length > maxLines) this.#lines.shift();
    if (errorPattern.test(line) && !tracePattern.test(line)) {
      if (this.#lastError === undefined || !consequencePattern.test(line)) this.#lastError = line.trim();
    }
    this.#onLine(line);
  }
}
