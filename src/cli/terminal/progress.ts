/** Lines of progress at the bottom of a terminal, redrawn in place; where there is no terminal, plain lines as things happen. */
import { humanBytes } from '../format/bytes.ts';
import { barLine, RateMeter, spinnerLine } from './progress-line.ts';
import { harmless } from './text-flow.ts';

const redrawMs = 100;
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';

export interface ProgressOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** 0 where the terminal does not know its size. */
  readonly columns?: number;
  readonly rows?: number;
}

const defaultColumns = 80;
const defaultRows = 24;

/** Something is being done; how much of it is not known. */
export interface Spinner {
  setMessage(message: string): void;
  /** Leaves the message standing. */
  stop(): void;
}

export interface Bar {
  setCompleted(bytes: number): void;
}

interface Line {
  render(columns: number, nowMs: number): string;
}

/** Owns the lines from the first one to `stop` or `clear`, one of which must be called. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #now: () => number;
  readonly #lines: Line[] = [];
  #drawnLines = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(output: ProgressOutput, now: () => number = Date.now) {
    this.#output = output;
    this.#now = now;
  }

  /** True on a terminal, where changes are seen as they happen. */
  get isLive(): boolean {
    return this.#output.isTTY === true;
  }

  spinner(message: string): Spinner {
    const startMs = this.#now();
    let isStopped = false;
    let text = oneLine(message);
    this.#plain(text);
    this.#add({
      render: (columns, nowMs) => spinnerLine(text, isStopped ? undefined : nowMs - startMs, columns),
    });
    return {
      setMessage: (changed) => {
        const next = oneLine(changed);
        if (next !== text) this.#plain(next);
        text = next;
      },
      stop: () => {
        isStopped = true;
        this.#draw();
      },
    };
  }

  /** Without a terminal it is one line, when all is done. */
  bar(name: string, totalBytes: number): Bar {
    const label = oneLine(name);
    const meter = new RateMeter();
    let completedBytes = 0;
    this.#add({
      render: (columns) => {
        const bytesPerSecond = completedBytes < totalBytes ? meter.rate() : undefined;
        return barLine({ label, completedBytes, totalBytes, bytesPerSecond }, columns);
      },
    });
    return {
      setCompleted: (bytes) => {
        if (bytes >= totalBytes && completedBytes < totalBytes) {
          this.#plain(`${label} 100% (${humanBytes(totalBytes)})`);
        }
        completedBytes = bytes;
        // Not from zero: what is there already when a download goes on says nothing about the rate.
        if (bytes > 0) meter.add(bytes, this.#now());
      },
    };
  }

  /** Ends the redrawing and leaves the lines standing. */
  stop(): void {
    if (this.#lines.length === 0) return;
    this.#draw();
    this.#end();
  }

  /** Ends the redrawing and takes the lines away. */
  clear(): void {
    if (this.#output.isTTY === true && this.#drawnLines > 0) {
      this.#output.write(`${moveUp(this.#drawnLines)}\x1b[J`);
    }
    this.#end();
  }

  #add(line: Line): void {
    this.#lines.push(line);
    if (this.#output.isTTY !== true) return;
    if (this.#timer === undefined) {
      this.#output.write(hideCursor);
      this.#timer = setInterval(() => this.#draw(), redrawMs).unref();
    }
    this.#draw();
    // What has left the screen cannot be drawn again: the first lines stay as they are, to be scrolled away.
    const most = Math.max(1, (this.#output.rows || defaultRows) - 1);
    const excess = this.#lines.length - most;
    if (excess <= 0) return;
    this.#lines.splice(0, excess);
    this.#drawnLines -= excess;
  }

  #draw(): void {
    if (this.#output.isTTY !== true) return;
    const columns = this.#output.columns || defaultColumns;
    const nowMs = this.#now();
    const text = this.#lines.map((line) => `${line.render(columns, nowMs)}\x1b[K\n`).join('');
    this.#output.write(`${moveUp(this.#drawnLines)}${text}`);
    this.#drawnLines = this.#lines.length;
  }

  #end(): void {
    if (this.#timer !== undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#output.write(showCursor);
    }
    this.#lines.length = 0;
    this.#drawnLines = 0;
  }

  #plain(text: string): void {
    if (this.#output.isTTY !== true && text !== '') this.#output.write(`${text}\n`);
  }
}

/** Names of files and words of servers, which must not move the cursor. */
function oneLine(text: string): string {
  return harmless(text).replaceAll(/\s+/g, ' ');
}

function moveUp(lines: number): string {
  return lines === 0 ? '' : `\x1b[${lines}F`;
}
