/** Writes a stream of small chunks to a file in large ones, the next filling while the last is written. */

/** Enough to make system calls cheap; sixteen parts of a download hold two of these each. */
const batchBytes = 512 * 1024;

export interface BatchTarget {
  /** May write less than asked, as the system call. */
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
}

export class BatchWriter {
  readonly #target: BatchTarget;
  readonly #onWritten: (end: number) => void;
  #position: number;
  #filling: Buffer | undefined;
  #filledBytes = 0;
  #spare: Buffer | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** Starts at `position`; `onWritten` is told the position up to which everything has reached the file. */
  constructor(target: BatchTarget, position: number, onWritten: (end: number) => void) {
    this.#target = target;
    this.#position = position;
    this.#onWritten = onWritten;
  }

  /**
   * Copies the chunk; returns undefined when that is done already, as it mostly is. Waits only when the disk is slower than
   * the network. The promise rejects with what an earlier write failed with.
   */
  push(chunk: Uint8Array): Promise<void> | undefined {
    const taken = this.#fill(chunk, 0);
    return taken === chunk.byteLength ? undefined : this.#pushRest(chunk, taken);
  }

  /** Resolves when all has been written. */
  async flush(): Promise<void> {
    await this.#next();
    await this.#writing;
  }

  async #pushRest(chunk: Uint8Array, start: number): Promise<void> {
    for (let taken = start; taken < chunk.byteLength; ) {
      await this.#next();
      taken = this.#fill(chunk, taken);
    }
  }

  /** Takes what there is room for; returns how far that went. */
  #fill(chunk: Uint8Array, start: number): number {
    this.#filling ??= Buffer.allocUnsafeSlow(batchBytes);
    const piece = chunk.subarray(start, start + batchBytes - this.#filledBytes);
    this.#filling.set(piece, this.#filledBytes);
    this.#filledBytes += piece.byteLength;
    return start + piece.byteLength;
  }

  /** Starts to write what has been filled, as soon as the batch before it is in the file. */
  async #next(): Promise<void> {
    await this.#writing;
    const full = this.#filling;
    const length = this.#filledBytes;
    if (full === undefined || length === 0) return;
    this.#filling = this.#spare;
    this.#spare = full;
    this.#filledBytes = 0;
    this.#writing = this.#write(full, length);
    this.#writing.catch(() => {}); // met by the next push or flush
  }

  async #write(bytes: Buffer, length: number): Promise<void> {
    // A write may be short: a nearly full disk, a signal.
    for (let written = 0; written < length; ) {
      const { bytesWritten } = await this.#target.write(bytes, written, length - written, this.#position);
      written += bytesWritten;
      this.#position += bytesWritten;
      this.#onWritten(this.#position);
    }
  }
}
