/** One runner process as seen from the server: starts it, passes messages, keeps its output and notices its end. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Logger } from '../log.ts';
import type { ChildMessage, ParentMessage } from '../protocol/messages.ts';
import { checkChildMessage } from './child-message.ts';
import { OutputTail } from './output-tail.ts';
import type { RunnerExit } from './types.ts';

/** After the exit, how long to wait for what is still in the pipes; only a grandchild that holds them makes it last. */
const drainMs = 250;

export interface RunnerProcessOptions {
  /** Compiled entry file of the engine. */
  readonly entryPath: string;
  /** The child's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly log: Logger;
}

/** Children that have not ended; killed when this process exits by itself, so that none is left behind. */
const living = new Set<ChildProcess>();

function killAll(): void {
  for (const child of living) child.kill('SIGKILL');
}

function watchOver(child: ChildProcess): void {
  if (living.size === 0) process.once('exit', killAll);
  living.add(child);
}

function forget(child: ChildProcess): void {
  if (living.delete(child) && living.size === 0) process.off('exit', killAll);
}

/** A forked child with a message channel. Nothing it does throws here: its end is the `exited` promise. */
export class RunnerProcess {
  /** Settles once the process has ended and its pipes are read to the end. */
  readonly exited: Promise<RunnerExit>;
  readonly pid: number;

  readonly #child: ChildProcess;
  readonly #log: Logger;
  readonly #tail: OutputTail;
  #isAlive = true;
  #isExpected = false;
  #onMessage: (message: ChildMessage) => void = () => {};
  #onOutput: () => void = () => {};
  #resolveExited: (exit: RunnerExit) => void = () => {};
  #isSettled = false;

  constructor(options: RunnerProcessOptions) {
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve;
    });
    this.#child = fork(options.entryPath, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
      env: { ...options.env },
    });
    // 0 when the process could not be started; the 'error' event follows and ends it.
    this.pid = this.#child.pid ?? 0;
    this.#log = options.log.child({ pid: this.pid });
    this.#tail = new OutputTail((line) => {
      this.#log.debug(line);
      this.#onOutput();
    });
    watchOver(this.#child);
    this.#read(this.#child.stdout);
    this.#read(this.#child.stderr);
    this.#child.on('message', (message) => this.#receive(message));
    this.#child.on('error', (error) => this.#onError(error));
    this.#child.on('disconnect', () => this.#onDisconnect());
    this.#child.on('exit', (code, signal) => this.#onExit(code, signal));
    this.#child.on('close', (code, signal) => this.#settle(code, signal));
  }

  /** False from the moment that the process or its channel ended. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  get lastErrorLine(): string | undefined {
    return this.#tail.lastErrorLine;
  }

  /** What it printed so far does not explain what happens later. */
  forgetErrors(): void {
    this.#tail.forgetErrors();
  }

  /** Sets who gets the messages, and who hears that the process printed a line. */
  listen(onMessage: (message: ChildMessage) => void, onOutput: () => void = () => {}): void {
    this.#onMessage = onMessage;
    this.#onOutput = onOutput;
  }

  /** Sends a message; into a broken channel it does nothing, since the end of the process is reported anyway. */
  send(message: ParentMessage): void {
    if (!this.#child.connected) return;
    this.#child.send(message, (error) => {
      if (error !== null) this.#log.debug('message not delivered', { type: message.type, error });
    });
  }

  /** From here on, the end of the process is what was asked for. */
  expectExit(): void {
    this.#isExpected = true;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #read(stream: Readable | null): void {
    if (stream === null) return;
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => this.#tail.push(text));
    // A broken pipe ends with the process; without a listener it would be thrown.
    stream.on('error', () => {});
  }

  #receive(raw: unknown): void {
    const message = checkChildMessage(raw);
    if (message === undefined) {
      this.#tail.push('\nerror: the runner sent a message that the server does not understand\n');
      this.kill();
      return;
    }
    this.#onMessage(message);
  }

  #onError(error: Error): void {
    this.#log.warn('runner process', { error });
    if (this.#child.pid !== undefined) return;
    this.#tail.push(`\nerror: ${error.message}\n`);
    this.#settle(null, null);
  }

  /** A child without a channel is of no use, whatever it still does; one that was told to unload may take its time. */
  #onDisconnect(): void {
    this.#isAlive = false;
    if (!this.#isExpected) this.kill();
  }

  #onExit(code: number | null, signal: string | null): void {
    this.#isAlive = false;
    forget(this.#child);
    setTimeout(() => this.#settle(code, signal), drainMs).unref();
  }

  #settle(code: number | null, signal: string | null): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#isAlive = false;
    forget(this.#child);
    this.#tail.end();
    const expected = this.#isExpected;
    const { lastErrorLine } = this.#tail;
    this.#log.debug('runner process ended', { code, signal, expected });
    this.#resolveExited({ expected, code, signal, lastErrorLine });
  }
}
