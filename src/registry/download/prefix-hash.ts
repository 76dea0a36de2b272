/** Hashes a file from its beginning while it is being written, part by part and out of order. */
import type { FileHandle } from 'node:fs/promises';
import { createDigestHash } from '../../store/digest.ts';
import type { Digest } from '../../types/digest.ts';
import { isComplete, type Part } from './part.ts';

/** About a millisecond of hashing: the event loop is not held up for longer. */
const readBytes = 1024 * 1024;

/**
 * The hash stands at one position and takes the bytes there as they are written. What was written ahead of it by other
 * parts is read back, from the page cache as a rule, once the gap has closed.
 */
export class PrefixHash {
  readonly #handle: Pick<FileHandle, 'read'>;
  readonly #parts: readonly Part[];
  readonly #hash = createDigestHash();
  #position = 0;
  /** The part at the end of what is there without a gap. */
  #frontier = 0;
  #reading: Promise<void> | undefined;
  #isStopped = false;

  /** `parts` in order; their `completed` is read as it grows. */
  constructor(handle: Pick<FileHandle, 'read'>, parts: readonly Part[]) {
    this.#handle = handle;
    this.#parts = parts;
  }

  /** Bytes that are in the file now; they may be overwritten after the call. */
  offer(chunks: readonly Buffer[], position: number): void {
    let at = position;
    for (const chunk of chunks) {
      if (this.#reading === undefined && at === this.#position) {
        this.#hash.update(chunk);
        this.#position += chunk.length;
      }
      at += chunk.length;
    }
    this.#catchUp();
  }

  /** Once all parts are complete. Called once. */
  async finish(): Promise<Digest> {
    this.#catchUp();
    await this.#reading;
    return this.#hash.finish();
  }

  /** Resolves when the file is not read any more, so that it can be closed. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#reading?.catch(() => {}); // `finish` would have told
  }

  #catchUp(): void {
    if (this.#reading !== undefined || this.#end() <= this.#position) return;
    const reading = this.#read().finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    this.#reading = reading;
    reading.catch(() => {}); // met in `finish`, which waits for it or reads again
  }

  /** Where the first gap begins. */
  #end(): number {
    let part = this.#parts[this.#frontier];
    while (part !== undefined && isComplete(part)) part = this.#parts[++this.#frontier];
    if (part !== undefined) return part.offset + part.completed;
    const last = this.#parts.at(-1);
    return last === undefined ? 0 : last.offset + last.size;
  }

  async #read(): Promise<void> {
    const buffer = Buffer.allocUnsafeSlow(readBytes);
    while (!this.#isStopped) {
      const length = Math.min(this.#end() - this.#position, readBytes);
      if (length <= 0) return;
      const { bytesRead } = await this.#handle.read(buffer, 0, length, this.#position);
      if (bytesRead === 0) throw new Error('the partial file has become shorter');
      this.#hash.update(buffer.subarray(0, bytesRead));
      this.#position += bytesRead;
    }
  }
}
