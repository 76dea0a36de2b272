/** Lines from a terminal: editing, history, pasting, Ctrl-C and Ctrl-D. The conversation sees only what comes out. */
import { createInterface, type Interface, type Key } from 'node:readline';
import type { InputStream, OutputStream } from '../context.ts';
import { messageOf } from '../failure.ts';
import { InterruptedError } from '../interrupt.ts';
import type { Style } from '../terminal/style.ts';
import { textWidth } from '../terminal/width.ts';
import { Gate } from './gate.ts';
import { historySize } from './history.ts';
import { Keyboard } from './keyboard.ts';
import type { ReplInput } from './machine.ts';

export interface Prompt {
  readonly text: string;
  /** Shown dimmed while the line is empty. */
  readonly placeholder: string;
  /** Stands before further lines of the same paste. */
  readonly continuation: string;
}

export interface LineEditor {
  /** The next line or key that means something. What was typed during `busy` comes first. */
  read(prompt: Prompt): Promise<ReplInput>;
  /** Runs `work`; what is typed meanwhile waits unseen for the next line, Ctrl-C fires the signal. */
  busy<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Whether further lines are remembered. */
  setHistory(isEnabled: boolean): void;
  /** Gives the terminal back. */
  close(): void;
}

export interface TerminalEditorOptions {
  readonly input: InputStream;
  readonly output: OutputStream;
  readonly style: Style;
  /** Newest last. */
  readonly history: readonly string[];
  readonly isHistoryEnabled: boolean;
  /** Told the whole history, newest last, whenever it grows. */
  readonly onHistory: (lines: readonly string[]) => void;
  /** Lets the user edit a text elsewhere (Ctrl-G); may throw. */
  readonly editElsewhere: (text: string) => string;
  /** What may stand in the place of the second, a word at the end of the line (Tab). */
  readonly complete: (line: string) => [completions: string[], word: string];
  /** The terminal understands no escape sequences. */
  readonly isDumb: boolean;
}

interface QueuedInput {
  readonly input: ReplInput;
  /** False for what was typed while the terminal belonged to an answer. */
  readonly wasShown: boolean;
}

const pasteOn = '\x1b[?2004h';
const pasteOff = '\x1b[?2004l';

/** Node's readline, with its output cut off while an answer is written. */
export class TerminalEditor implements LineEditor {
  readonly #options: TerminalEditorOptions;
  readonly #gate: Gate;
  readonly #keyboard: Keyboard;
  readonly #readline: Interface;
  readonly #queue: QueuedInput[] = [];
  #waiting: ((input: ReplInput) => void) | undefined;
  #prompt: Prompt = { text: '', placeholder: '', continuation: '' };
  #isPlaceholderShown = false;
  /** True while text is inserted that was not typed: its line ends are not the Enter key. */
  #isPasting = false;
  #isHistoryEnabled: boolean;
  /** Newest first. */
  #history: readonly string[];
  /** True while a line that was given up is taken out of readline. */
  #isDiscarding = false;
  #isClosed = false;
  #abort: AbortController | undefined;

  constructor(options: TerminalEditorOptions) {
    this.#options = options;
    this.#isHistoryEnabled = options.isHistoryEnabled;
    this.#history = [...options.history].reverse();
    this.#gate = new Gate(options.output);
    this.#keyboard = new Keyboard(options.input, {
      onKey: (key) => this.#onKey(key),
      afterKey: () => this.#showPlaceholder(),
      onPaste: (text) => {
        this.#hidePlaceholder();
        this.#insert(text);
        this.#showPlaceholder();
      },
    });
    this.#readline = createInterface({
      input: this.#keyboard,
      output: this.#gate,
      terminal: true,
      history: [...this.#history],
      historySize,
      completer: options.complete,
    });
    this.#readline
      .on('line', (text) => this.#onLine(text))
      .on('history', (lines) => this.#onHistory(lines))
      .on('SIGINT', () => this.#onInterrupt())
      .on('SIGCONT', () => this.#onContinue())
      .on('close', () => this.#onClose());
    // After readline's own listener, which has drawn the line again.
    this.#gate.on('resize', () => this.#restorePlaceholder());
    this.#setPasteMode(true);
  }

  read(prompt: Prompt): Promise<ReplInput> {
    this.#prompt = prompt;
    const queued = this.#queue.shift();
    if (queued !== undefined) {
      const { input, wasShown } = queued;
      if (!wasShown && input.type === 'line') this.#options.output.write(`${prompt.text}${input.text}\n`);
      return Promise.resolve(input);
    }
    if (this.#isClosed) return Promise.resolve({ type: 'end' });
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#gate.isOpen = true;
      this.#readline.setPrompt(prompt.text);
      this.#readline.prompt(true);
      this.#showPlaceholder();
    });
  }

  async busy<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#abort = new AbortController();
    this.#gate.isOpen = false;
    try {
      return await work(this.#abort.signal);
    } finally {
      this.#abort = undefined;
    }
  }

  setHistory(isEnabled: boolean): void {
    this.#isHistoryEnabled = isEnabled;
  }

  close(): void {
    if (!this.#isClosed) this.#readline.close();
  }

  /** Readline must write on a clean line; the editor's key is not for it. */
  #onKey(key: Key): boolean {
    this.#hidePlaceholder();
    if (key.ctrl !== true) return false;
    if (key.name === 'z') this.#setPasteMode(false); // readline suspends the process
    if (key.name !== 'g') return false;
    if (this.#waiting !== undefined) this.#edit();
    return true;
  }

  #onLine(text: string): void {
    if (this.#isDiscarding) return;
    this.#give({ type: 'line', text, isPasted: this.#isPasting });
    if (!this.#isPasting || !this.#gate.isOpen) return;
    this.#readline.setPrompt(this.#prompt.continuation);
    this.#readline.prompt();
  }

  /** `lines` is readline's own list, newest first, with the present line; what is taken out of it is forgotten. */
  #onHistory(lines: string[]): void {
    if (this.#isDiscarding || this.#isPasting || !this.#isHistoryEnabled) {
      lines.splice(0, lines.length, ...this.#history);
      return;
    }
    this.#history = [...lines];
    this.#options.onHistory([...lines].reverse());
  }

  #onInterrupt(): void {
    if (this.#abort !== undefined) {
      this.#abort.abort(new InterruptedError());
      return;
    }
    const hadText = this.#readline.line !== '';
    this.#giveUpLine();
    this.#give({ type: 'interrupt', hadText });
  }

  /** The process had been suspended; readline has stopped reading. */
  #onContinue(): void {
    this.#setPasteMode(true);
    this.#readline.prompt(true);
    // Readline draws the line once more after this event.
    queueMicrotask(() => this.#restorePlaceholder());
  }

  #onClose(): void {
    this.#isClosed = true;
    this.#keyboard.detach();
    this.#gate.detach();
    this.#abort?.abort(new InterruptedError());
    this.#setPasteMode(false);
    if (this.#waiting !== undefined) this.#options.output.write('\n');
    this.#waiting?.({ type: 'end' });
    this.#waiting = undefined;
  }

  #give(input: ReplInput): void {
    const resolve = this.#waiting;
    this.#waiting = undefined;
    // In order: lines of one paste arrive before the first of them has been taken.
    if (resolve === undefined) this.#queue.push({ input, wasShown: this.#gate.isOpen });
    else resolve(input);
  }

  /** Leaves the typed text on the screen and begins a new line. */
  #giveUpLine(): void {
    this.#isDiscarding = true;
    this.#readline.write(null, { name: 'return' });
    this.#isDiscarding = false;
  }

  /** The text comes back as if it had been pasted: all lines but the last are ended, that one can still be changed. */
  #edit(): void {
    const { output, editElsewhere } = this.#options;
    const before = this.#readline.line;
    let after = before;
    let complaint = '';
    this.#setPasteMode(false);
    this.#keyboard.setRawMode(false);
    try {
      after = editElsewhere(before);
    } catch (error) {
      complaint = `\n${messageOf(error)}\n`;
    }
    this.#keyboard.setRawMode(true);
    this.#setPasteMode(true);
    output.write(complaint);
    this.#readline.write(null, { ctrl: true, name: 'e' });
    this.#readline.write(null, { ctrl: true, name: 'u' });
    this.#insert(after);
    if (this.#waiting !== undefined) this.#readline.prompt(true);
  }

  #insert(text: string): void {
    const lines = text.split(/\r\n|\r|\n/);
    const last = lines.pop() ?? '';
    this.#isPasting = true;
    for (const line of lines) {
      this.#readline.write(line);
      this.#readline.write(null, { name: 'return' });
    }
    this.#isPasting = false;
    this.#readline.write(last);
  }

  /** Whether the terminal marks what is pasted. */
  #setPasteMode(isOn: boolean): void {
    if (!this.#options.isDumb) this.#options.output.write(isOn ? pasteOn : pasteOff);
  }

  #showPlaceholder(): void {
    const { output, style } = this.#options;
    const { text, placeholder } = this.#prompt;
    if (this.#waiting === undefined || this.#isPlaceholderShown) return;
    const width = textWidth(placeholder);
    const fits = textWidth(text) + width < (output.columns ?? 80);
    if (this.#readline.line !== '' || placeholder === '' || !style.isEnabled || !fits) return;
    output.write(`${style.dim(placeholder)}\x1b[${width}D`);
    this.#isPlaceholderShown = true;
  }

  /** After readline has drawn the line without it. */
  #restorePlaceholder(): void {
    this.#isPlaceholderShown = false;
    this.#showPlaceholder();
  }

  #hidePlaceholder(): void {
    if (!this.#isPlaceholderShown) return;
    this.#isPlaceholderShown = false;
    this.#options.output.write('\x1b[K');
  }
}
