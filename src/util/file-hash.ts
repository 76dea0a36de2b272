/** sha256 of files, also of those that are still being written: what a hasher promises, and one that works in this thread. */

import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { cancelledError } from '../errors.ts';

/** The hash of a file's beginning, which grows with the file. Ends with `dispose`. */
export interface FileHash extends Disposable {
  /** Bytes hashed so far; a hasher may let a few megabytes gather before it goes on. */
  readonly position: number;
  /** The first `end` bytes are in the file and will not change any more. Less than before means nothing. */
  advance(end: number): void;
  /** Lower-case hexadecimal hash of the bytes up to the last `advance`. Called once; rejects when they cannot be read. */
  finish(): Promise<string>;
  /** Closes the file. A `finish` under way rejects. */
  [Symbol.dispose](): void;
}

export interface FileHasher {
  /** The file exists, under this name for as long as it takes to open it; later renames do not matter. */
  open(path: string): FileHash;
}

/** A thread's start, and a file's way through it, cost about as much as hashing so much. */
const inlineBytes = 1024 * 1024;
/** Half a millisecond of hashing. */
const readBytes = 256 * 1024;
const reportMs = 100;

/** The hasher for a file of this size: small ones are not worth a thread. */
export function hasherFor(sizeBytes: number, hasher: FileHasher): FileHasher {
  return sizeBytes <= inlineBytes ? inlineHasher : hasher;
}

/** Hash of a whole file, lower-case hexadecimal. `onProgress`: bytes so far, now and then. Throws `cancelled`. */
export async function hashFile(
  hasher: FileHasher,
  path: string,
  options: { readonly signal?: AbortSignal | undefined; readonly onProgress?: (bytes: number) => void } = {},
): Promise<string> {
  const { signal, onProgress } = options;
  const { size } = await stat(path);
  if (signal?.aborted) throw cancelledError();
  using hash = hasherFor(size, hasher).open(path);
  const cancel = (): void => hash[Symbol.dispose]();
  signal?.addEventListener('abort', cancel, { once: true });
  const timer = onProgress === undefined ? undefined : setInterval(() => onProgress(hash.position), reportMs);
  try {
    hash.advance(size);
    return await hash.finish();
  } catch (error) {
    throw signal?.aborted ? cancelledError() : error;
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', cancel);
  }
}

/** Hashes in the calling thread, a little at a time. */
export const inlineHasher: FileHasher = { open: (path) => new InlineHash(path) };

class InlineHash implements FileHash {
  readonly #handle: Promise<FileHandle>;
  readonly #hash = createHash('sha256');
  #position = 0;
  #end = 0;
  #reading: Promise<void> | undefined;
  #isDisposed = false;

  constructor(path: string) {
    this.#handle = open(path, 'r');
    this.#handle.catch(() => {}); // met by who reads
  }

  get position(): number {
    return this.#position;
  }

  advance(end: number): void {
    this.#end = Math.max(this.#end, end);
    this.#catchUp();
  }

  async finish(): Promise<string> {
    this.#catchUp();
    await this.#reading;
    if (this.#isDisposed) throw cancelledError();
    return this.#hash.digest('hex');
  }

  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    const close = async (): Promise<void> => (await this.#handle).close();
    // Not while it is being read. What does not open need not be closed.
    void (this.#reading ?? Promise.resolve()).then(close, close).catch(() => {});
  }

  #catchUp(): void {
    if (this.#reading !== undefined || this.#position >= this.#end || this.#isDisposed) return;
    const reading = this.#read().finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    this.#reading = reading;
    reading.catch(() => {}); // met by `finish`, which waits for it or reads again
  }

  async #read(): Promise<void> {
    const handle = await this.#handle;
    const buffer = Buffer.allocUnsafeSlow(readBytes);
    while (!this.#isDisposed && this.#position < this.#end) {
      const length = Math.min(this.#end - this.#position, readBytes);
      const { bytesRead } = await handle.read(buffer, 0, length, this.#position);
      if (bytesRead === 0) throw new Error('the file has become shorter while it was hashed');
      this.#hash.update(buffer.subarray(0, bytesRead));
      this.#position += bytesRead;
    }
  }
}
