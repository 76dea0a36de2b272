/** An answer on its way to the screen: thoughts dimmed between two marks, words wrapped; in a file, the text as it is. */
import type { OutputStream } from '../context.ts';
import type { Style } from '../terminal/style.ts';
import { TextFlow } from '../terminal/text-flow.ts';

export interface DisplayOptions {
  readonly output: OutputStream;
  readonly style: Style;
  readonly isWordWrap: boolean;
  readonly hidesThinking: boolean;
}

export class AnswerDisplay {
  readonly #options: DisplayOptions;
  #flow: TextFlow;
  #isThinking = false;
  #hasOutput = false;
  /** The last character written, to know whether a line is open. */
  #lastChar = '\n';

  constructor(options: DisplayOptions) {
    this.#options = options;
    this.#flow = this.#newFlow();
  }

  /** True when this piece of an answer would put something on the screen. */
  wouldShow(piece: { readonly content: string; readonly thinking: string }): boolean {
    return piece.content !== '' || (piece.thinking !== '' && !this.#options.hidesThinking);
  }

  thinking(text: string): void {
    if (text === '' || this.#options.hidesThinking) return;
    if (!this.#isThinking) {
      this.#isThinking = true;
      this.#write(`${this.#options.style.dim('Thinking...')}\n`);
    }
    const shown = this.#shown(text);
    if (shown !== '') this.#write(this.#options.style.dim(shown), shown.at(-1));
  }

  content(text: string): void {
    if (text === '') return;
    this.#endThinking();
    const shown = this.#shown(text);
    if (shown !== '') this.#write(shown);
  }

  /** A line of its own amid the answer. */
  line(text: string): void {
    this.#endThinking();
    this.content(`${this.#lastChar === '\n' ? '' : '\n'}${text}\n`);
  }

  /** Closes what is open. On a terminal an empty line sets the answer off from what follows. */
  end(): void {
    if (!this.#hasOutput) return;
    const isTerminal = this.#options.output.isTTY === true;
    const isLineOpen = this.#lastChar !== '\n';
    this.#options.output.write(`${isLineOpen ? '\n' : ''}${isTerminal ? '\n' : ''}`);
  }

  #endThinking(): void {
    if (!this.#isThinking) return;
    this.#isThinking = false;
    if (this.#lastChar !== '\n') this.#write('\n');
    this.#write(`${this.#options.style.dim('...done thinking.')}\n\n`);
    this.#flow = this.#newFlow();
  }

  #shown(text: string): string {
    return this.#options.output.isTTY === true ? this.#flow.add(text) : text;
  }

  /** `lastChar` where styling hides it. */
  #write(text: string, lastChar = text.at(-1)): void {
    this.#hasOutput = true;
    this.#lastChar = lastChar ?? '';
    this.#options.output.write(text);
  }

  #newFlow(): TextFlow {
    const { output, isWordWrap } = this.#options;
    return new TextFlow(() => (isWordWrap ? output.columns : undefined));
  }
}
