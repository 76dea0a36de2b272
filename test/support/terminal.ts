/** Runs cria on a pseudo terminal, as in a window of a person's screen. Python makes the terminal: Node cannot. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { main } from './cria.ts';
import { Screen } from './screen.ts';

/** Whether terminals can be had on this machine. */
export const hasTerminals = spawnSync('python3', ['-c', 'import pty']).status === 0;

export interface TerminalOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly columns?: number;
  readonly cwd?: string;
}

export class Terminal {
  /** Everything that was written to the terminal. */
  output = '';
  readonly #screen: Screen;
  readonly #child: ChildProcess;
  readonly #keyboard: Writable;
  readonly #orders: Writable;
  readonly #exit: Promise<number | null>;
  #hasExited = false;
  /** Lines of the screen down to the one that `sees` found last. */
  #seenLines = 0;

  constructor(args: readonly string[], { env, columns = 80, cwd }: TerminalOptions) {
    const script = path.join(import.meta.dirname, 'pseudo-terminal.py');
    this.#screen = new Screen(columns);
    this.#child = spawn('python3', [script, String(columns), '24', process.execPath, main, ...args], {
      env: { TERM: 'xterm', ...env },
      cwd,
      stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    });
    // All of these are pipes, as asked for.
    const [stdin, stdout, , orders] = this.#child.stdio as unknown as [Writable, Readable, null, Writable];
    this.#keyboard = stdin;
    this.#orders = orders;
    for (const stream of [stdin, orders]) stream.on('error', () => {}); // the program has ended
    stdout.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
      this.#screen.write(text);
    });
    this.#exit = once(this.#child, 'close').then(([code]) => {
      this.#hasExited = true;
      return code;
    });
  }

  /** All that is to be read, also what has left the window. */
  get text(): string {
    return this.#screen.text;
  }

  press(keys: string): void {
    this.#keyboard.write(keys);
  }

  type(line: string): void {
    this.press(`${line}\r`);
  }

  resize(columns: number): void {
    this.#screen.columns = columns;
    this.#orders.write(`resize ${columns} 24\n`);
  }

  signal(number: number): void {
    this.#orders.write(`signal ${number}\n`);
  }

  /** Waits until `what` is to be read below the lines seen before; gives back the lines down to it. */
  async sees(what: string): Promise<string[]> {
    const deadline = Date.now() + 15_000;
    for (;;) {
      const lines = this.text.split('\n').slice(this.#seenLines);
      const at = lines.findIndex((line) => line.includes(what));
      if (at >= 0) {
        this.#seenLines += at + 1;
        return lines.slice(0, at + 1);
      }
      if (Date.now() > deadline || this.#hasExited) {
        throw new Error(`not seen: ${what}\nbut:\n${this.text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** The exit code of cria. */
  exit(): Promise<number | null> {
    return this.#exit;
  }

  /** Ends it if it has not ended. */
  async close(): Promise<void> {
    if (!this.#hasExited) this.signal(9);
    await this.#exit;
  }
}
