/** Hashes files in threads, which are started when there is something to hash and ended when there has been nothing for a while. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { CriaError, cancelledError } from '../errors.ts';
import type { FileHash, FileHasher } from './file-hash.ts';

/** What a thread is told about the file `id`. */
export type HashOrder =
  | { readonly id: number; readonly kind: 'open'; readonly path: string }
  | { readonly id: number; readonly kind: 'advance'; readonly end: number }
  | { readonly id: number; readonly kind: 'finish' | 'close' };

/** What it tells; nothing comes after `done` and `failed`. */
export type HashAnswer =
  | { readonly id: number; readonly kind: 'progress'; readonly position: number }
  | { readonly id: number; readonly kind: 'done'; readonly hex: string }
  | { readonly id: number; readonly kind: 'failed'; readonly message: string };

export interface HashThreadOptions {
  /** Compiled `hash-worker.ts`. */
  readonly entryPath: string;
  /** Files beyond this number share threads. Default: four, or one less than there are processors, but at least one. */
  readonly maxThreads?: number;
  /** A thread without work ends after so long. */
  readonly idleMs?: number;
}

export function createHashThreads(options: HashThreadOptions): FileHasher {
  const { entryPath, idleMs = 10_000 } = options;
  const maxThreads = options.maxThreads ?? Math.max(1, Math.min(4, availableParallelism() - 1));
  const threads = new Set<Thread>();
  return {
    open: (path) => {
      let thread = [...threads].sort((a, b) => a.nJobs - b.nJobs)[0];
      if (thread === undefined || (thread.nJobs > 0 && threads.size < maxThreads)) {
        const started = new Thread(entryPath, idleMs, () => threads.delete(started));
        threads.add(started);
        thread = started;
      }
      return thread.open(path);
    },
  };
}

class Thread {
  readonly #worker: Worker;
  readonly #jobs = new Map<number, ThreadHash>();
  readonly #idleMs: number;
  readonly #onEnd: () => void;
  #nextId = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(entryPath: string, idleMs: number, onEnd: () => void) {
    this.#idleMs = idleMs;
    this.#onEnd = onEnd;
    this.#worker = new Worker(entryPath);
    this.#worker.on('message', (answer: HashAnswer) => this.#jobs.get(answer.id)?.take(answer));
    this.#worker.on('error', (error) => this.#end(error.message));
    this.#worker.on('exit', () => this.#end('it ended unexpectedly'));
  }

  get nJobs(): number {
    return this.#jobs.size;
  }

  open(path: string): FileHash {
    clearTimeout(this.#idleTimer);
    this.#worker.ref();
    const id = this.#nextId++;
    const job = new ThreadHash(
      (order) => this.#worker.postMessage({ id, ...order }),
      () => this.#remove(id),
    );
    this.#jobs.set(id, job);
    this.#worker.postMessage({ id, kind: 'open', path } satisfies HashOrder);
    return job;
  }

  #remove(id: number): void {
    if (!this.#jobs.delete(id) || this.#jobs.size > 0) return;
    this.#worker.unref(); // a process that has nothing else to do may end
    this.#idleTimer = setTimeout(() => {
      this.#onEnd();
      void this.#worker.terminate();
    }, this.#idleMs).unref();
  }

  #end(reason: string): void {
    clearTimeout(this.#idleTimer);
    this.#onEnd();
    for (const [id, job] of this.#jobs)
      job.take({ id, kind: 'failed', message: `the hashing thread failed: ${reason}` });
  }
}

/** A message wakes the thread, which costs as much as hashing some hundred kilobytes. */
const worthTellingBytes = 4 * 1024 * 1024;

type Order = { kind: 'advance'; end: number } | { kind: 'finish' | 'close' };

class ThreadHash implements FileHash {
  readonly #tell: (order: Order) => void;
  readonly #onSettled: () => void;
  readonly #result: Promise<string>;
  #resolve!: (hex: string) => void;
  #reject!: (error: unknown) => void;
  #isSettled = false;
  #position = 0;
  #end = 0;
  /** What the thread knows of `#end`. */
  #told = 0;

  constructor(tell: (order: Order) => void, onSettled: () => void) {
    this.#tell = tell;
    this.#onSettled = onSettled;
    this.#result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#result.catch(() => {}); // met by `finish`, if anybody asks
  }

  get position(): number {
    return this.#position;
  }

  advance(end: number): void {
    this.#end = Math.max(this.#end, end);
    if (!this.#isSettled && this.#end - this.#told >= worthTellingBytes) this.#tellEnd();
  }

  finish(): Promise<string> {
    if (!this.#isSettled) {
      this.#tellEnd();
      this.#tell({ kind: 'finish' });
    }
    return this.#result;
  }

  [Symbol.dispose](): void {
    if (this.#isSettled) return;
    this.#tell({ kind: 'close' });
    this.#settle();
    this.#reject(cancelledError());
  }

  #tellEnd(): void {
    this.#told = this.#end;
    this.#tell({ kind: 'advance', end: this.#end });
  }

  take(answer: HashAnswer): void {
    if (this.#isSettled) return;
    if (answer.kind === 'progress') {
      this.#position = answer.position;
      return;
    }
    this.#settle();
    if (answer.kind === 'done') this.#resolve(answer.hex);
    else this.#reject(new CriaError('internal', answer.message));
  }

  #settle(): void {
    this.#isSettled = true;
    this.#onSettled();
  }
}
