/** Writes a stream of small chunks to a file in large ones, the next filling while the last is written. */
import type { FileHandle } from 'node:fs/promises';

/** Enough to make system calls cheap; sixteen parts hold two of these each. */
const batchBytes = 512 * 1024;

export class BatchWriter {
  readonly #handle: Pick<FileHandle, 'writev'>;
  readonly #onWritten: (chunks: readonly Buffer[], position: number) => void;
  #position: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  /** `onWritten` is told what has reached the file, in order. */
  constructor(
    handle: Pick<FileHandle, 'writev'>,
    position: number,
    onWritten: (chunks: readonly Buffer[], position: number) => void,
  ) {
    this.#handle = handle;
    this.#position = position;
    this.#onWritten = onWritten;
  }

  /** Takes over the chunk; waits only when the disk is slower than the network. */
  async push(chunk: Buffer): Promise<void> {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
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

  async #write(chunks: Buffer[]): Promise<void> {
    let rest = chunks;
    while (rest.length > 0) {
      const position = this.#position;
      const { bytesWritten } = await this.#handle.writev(rest, position);
      const [written, left] = split(rest, bytesWritten);
      this.#position += bytesWritten;
      this.#onWritten(written, position);
      rest = left;
    }
  }
}

/** A write may be short (a nearly full disk, a signal): divides chunks after `count` bytes. */
function split(chunks: readonly Buffer[], count: number): [Buffer[], Buffer[]] {
  const before: Buffer[] = [];
  let left = count;
  for (const [i, chunk] of chunks.entries()) {
    if (left >= chunk.length) {
      before.push(chunk);
      left -= chunk.length;
      continue;
    }
    if (left > 0) before.push(chunk.subarray(0, left));
    return [before, [chunk.subarray(left), ...chunks.slice(i + 1)]];
  }
  return [before, []];
}
