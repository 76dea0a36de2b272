/** What a person sees of the bytes that a program writes to a terminal: the escape sequences that cria uses, and no others. */
import { charWidth } from '../../src/cli/terminal/width.ts';

export class Screen {
  columns: number;
  readonly #lines: string[][] = [[]];
  #row = 0;
  #column = 0;
  /** Of an escape sequence that has not come as a whole. */
  #rest = '';

  constructor(columns: number) {
    this.columns = columns;
  }

  /** All lines since the beginning, without blanks at their ends. */
  get text(): string {
    return this.#lines.map((cells) => cells.join('').trimEnd()).join('\n');
  }

  write(output: string): void {
    let text = this.#rest + output;
    this.#rest = '';
    while (text !== '') {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
      const sequence = /^\x1b\[([?\d;]*)([A-Za-z])/.exec(text);
      if (sequence !== null) {
        this.#control(sequence[2] ?? '', sequence[1] ?? '');
        text = text.slice(sequence[0].length);
      } else if (text.startsWith('\x1b')) {
        if (text.length > 20)
          throw new Error(`unexpected escape sequence: ${JSON.stringify(text.slice(0, 20))}`);
        this.#rest = text;
        return;
      } else {
        const [char = ''] = text;
        this.#put(char);
        text = text.slice(char.length);
      }
    }
  }

  #put(char: string): void {
    if (char === '\n') this.#moveTo(this.#row + 1, this.#column);
    else if (char === '\r') this.#column = 0;
    else if (char === '\b') this.#column = Math.max(0, this.#column - 1);
    else if (char >= ' ') {
      const width = charWidth(char);
      if (this.#column + width > this.columns) this.#moveTo(this.#row + 1, 0);
      const cells = this.#lines[this.#row] ?? [];
      while (cells.length < this.#column) cells.push(' ');
      // A wide character takes two cells, the second of which is empty.
      cells.splice(this.#column, width, char, ...(width === 2 ? [''] : []));
      this.#column += width;
    }
  }

  #moveTo(row: number, column: number): void {
    this.#row = Math.max(0, row);
    this.#column = column;
    while (this.#lines.length <= this.#row) this.#lines.push([]);
  }

  #control(command: string, parameters: string): void {
    const count = Number.parseInt(parameters, 10) || 1;
    const cells = this.#lines[this.#row] ?? [];
    switch (command) {
      case 'A':
        this.#moveTo(this.#row - count, this.#column);
        return;
      case 'B':
        this.#moveTo(this.#row + count, this.#column);
        return;
      case 'C':
        this.#column += count;
        return;
      case 'D':
        this.#column = Math.max(0, this.#column - count);
        return;
      case 'F':
        this.#moveTo(this.#row - count, 0);
        return;
      case 'G':
        this.#column = count - 1;
        return;
      case 'K':
        cells.length = Math.min(cells.length, this.#column);
        return;
      case 'J':
        cells.length = Math.min(cells.length, this.#column);
        this.#lines.length = this.#row + 1;
        return;
      case 'm':
      case 'h':
      case 'l':
        return; // looks, and what the terminal reports
      default:
        throw new Error(`unexpected escape sequence: ${parameters}${command}`);
    }
  }
}
