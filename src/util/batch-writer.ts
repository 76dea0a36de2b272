/** Writes a stream of small chunks to a file in large ones, the next filling while the last is written. */

/** Enough to make system calls cheap; sixteen parts of a download hold two of these each. */
const batchBytes = 512 * 1024;

export interface BatchTarget {
  /** May write less than asked, as the system call. */
  writev(chunks: readonly Uint8Array[], position: number): Promise<{ readonly bytesWritten: number }>;
}

export class BatchWriter {
  readonly #target: BatchTarget;
  readonly #onWritten: (end: number) => void;
  #position: number;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  /** Starts at `position`; `onWritten` is told the position up to which everything has reached the file. */
  constructor(target: BatchTarget, position: number, onWritten: (end: number) => void) {
    this.#target = target;
    this.#position = position;
    this.#onWritten = onWritten;
  }

  /** Takes over the chunk; waits only when the disk is slower than the network. Throws what earlier writes failed with. */
  async push(chunk: Uint8Array): Promise<void> {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.byteLength;
    if (this.#pendingBytes >= batchBytes) await this.#start();
  }

  /** Resolves when all has been written. */
  async flush(): Promise<void> {
    await this.#start();
    await this.#writing;
  }

  async #start(): Promise<void> {
    await this.#writing;
    const chunks = this.#pending;
    if (chunks.length === 0) return;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#writing = this.#write(chunks);
    this.#writing.catch(() => {}); // met by the next push or flush
  }

  async #write(chunks: readonly Uint8Array[]): Promise<void> {
    let left = chunks;
    while (left.length > 0) {
      const { bytesWritten } = await this.#target.writev(left, this.#position);
      this.#position += bytesWritten;
      this.#onWritten(this.#position);
      left = after(left, bytesWritten);
    }
  }
}

/** What a write has left over: it may be short (a nearly full disk, a signal). */
function after(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let left = count;
  for (const [i, chunk] of chunks.entries()) {
    if (left < chunk.byteLength) return [chunk.subarray(left), ...chunks.slice(i + 1)];
    left -= chunk.byteLength;
  }
  return [];
}
