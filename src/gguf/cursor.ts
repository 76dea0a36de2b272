/** Forward reading of a file through one window, with every length checked against the file's end. */
import type { FileHandle } from 'node:fs/promises';
import { cancelledError } from '../errors.ts';
import { invalidGguf } from './error.ts';
import { maxStringBytes } from './limits.ts';
import type { GgufScalar, GgufScalarType } from './types.ts';
import { scalarBytes } from './value-types.ts';

const windowBytes = 256 * 1024;

/**
 * Reads little-endian values from `position` on. The asynchronous methods check the file's end and fill the window;
 * the synchronous ones take what a `need` before them has made available.
 */
export class FileCursor {
  readonly fileSize: number;
  readonly #handle: Pick<FileHandle, 'read'>;
  readonly #signal: AbortSignal | undefined;
  readonly #window: Buffer;
  /** Position in the file of the window's first byte. */
  #windowStart = 0;
  /** Valid bytes of the window. */
  #windowLength = 0;
  /** Next byte to take, relative to `#windowStart`; beyond the window after a skip. */
  #offset: number;

  constructor(
    handle: Pick<FileHandle, 'read'>,
    fileSize: number,
    options: { position?: number; signal?: AbortSignal | undefined } = {},
  ) {
    this.#handle = handle;
    this.fileSize = fileSize;
    this.#signal = options.signal;
    this.#offset = options.position ?? 0;
    this.#window = Buffer.allocUnsafe(Math.max(1, Math.min(fileSize, windowBytes)));
  }

  get position(): number {
    return this.#windowStart + this.#offset;
  }

  get remaining(): number {
    return this.fileSize - this.position;
  }

  /** Makes the next `bytes` (at most 64) available. `what` names them in the error when the file ends before. */
  async need(bytes: number, what: string): Promise<void> {
    if (this.#windowLength - this.#offset < bytes) await this.#refill(bytes, what);
  }

  uint32(): number {
    const value = this.#window.readUInt32LE(this.#offset);
    this.#offset += 4;
    return value;
  }

  /** A count, length or offset; numbers beyond 2^53 cannot fit into any file and are refused. */
  uint53(what: string): number {
    const low = this.#window.readUInt32LE(this.#offset);
    const high = this.#window.readUInt32LE(this.#offset + 4);
    if (high > 0x1f_ffff)
      throw invalidGguf(`${what}: ${this.#window.readBigUInt64LE(this.#offset)} is too large`);
    this.#offset += 8;
    return high * 0x1_0000_0000 + low;
  }

  /** A fixed-size value; needs `scalarBytes[type]` bytes. */
  scalar(type: Exclude<GgufScalarType, 'string'>): GgufScalar {
    const at = this.#offset;
    this.#offset += scalarBytes[type];
    switch (type) {
      case 'uint8':
        return this.#window.readUInt8(at);
      case 'int8':
        return this.#window.readInt8(at);
      case 'uint16':
        return this.#window.readUInt16LE(at);
      case 'int16':
        return this.#window.readInt16LE(at);
      case 'uint32':
        return this.#window.readUInt32LE(at);
      case 'int32':
        return this.#window.readInt32LE(at);
      case 'float32':
        return this.#window.readFloatLE(at);
      case 'bool':
        return this.#window.readUInt8(at) !== 0;
      case 'uint64':
        return narrow(this.#window.readBigUInt64LE(at));
      case 'int64':
        return narrow(this.#window.readBigInt64LE(at));
      case 'float64':
        return this.#window.readDoubleLE(at);
    }
  }

  /** A length-prefixed text of at most `maxBytes`. Bytes that are no UTF-8 (byte tokens) become replacement characters. */
  async string(maxBytes: number, what: string): Promise<string> {
    await this.need(8, what);
    const bytes = this.#stringLength(maxBytes, what);
    if (bytes <= this.#window.byteLength) {
      if (this.#windowLength - this.#offset < bytes) await this.#refill(bytes, what);
      const at = this.#offset;
      this.#offset += bytes;
      return this.#window.toString('utf8', at, at + bytes);
    }
    return (await this.#take(bytes, what)).toString('utf8');
  }

  /** Moves on without reading. */
  skip(bytes: number, what: string): void {
    if (bytes > this.remaining) throw truncated(what);
    this.#offset += bytes;
  }

  /** Steps over `count` strings, checking each length. */
  async skipStrings(count: number, what: string): Promise<void> {
    for (let i = 0; i < count; ) {
      await this.need(8, what);
      while (i < count && this.#windowLength - this.#offset >= 8) {
        this.skip(this.uint53(what), what);
        i++;
      }
    }
  }

  /** Calls `visit` with the bytes of each of `count` strings. */
  async visitStrings(
    count: number,
    what: string,
    visit: (buffer: Buffer, start: number, end: number, index: number) => void,
  ): Promise<void> {
    for (let i = 0; i < count; i++) {
      // Awaits only at the window's end: vocabularies have some 100,000 elements.
      if (this.#windowLength - this.#offset < 8) await this.#refill(8, what);
      const bytes = this.#stringLength(maxStringBytes, what);
      if (bytes > this.#window.byteLength) {
        visit(await this.#take(bytes, what), 0, bytes, i);
        continue;
      }
      if (this.#windowLength - this.#offset < bytes) await this.#refill(bytes, what);
      visit(this.#window, this.#offset, this.#offset + bytes, i);
      this.#offset += bytes;
    }
  }

  #stringLength(maxBytes: number, what: string): number {
    const bytes = this.uint53(what);
    if (bytes > this.remaining) throw truncated(what);
    if (bytes > maxBytes) throw invalidGguf(`${what} has ${bytes} bytes, more than ${maxBytes}`);
    return bytes;
  }

  /** Reads bytes that are longer than the window. */
  async #take(bytes: number, what: string): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(bytes);
    await this.#readAt(buffer, this.position, bytes, what);
    this.#offset += bytes;
    return buffer;
  }

  async #refill(bytes: number, what: string): Promise<void> {
    if (bytes > this.remaining) throw truncated(what);
    this.#windowStart = this.position;
    this.#offset = 0;
    this.#windowLength = 0;
    const length = Math.min(this.#window.byteLength, this.fileSize - this.#windowStart);
    await this.#readAt(this.#window, this.#windowStart, length, what);
    this.#windowLength = length;
  }

  async #readAt(buffer: Buffer, position: number, bytes: number, what: string): Promise<void> {
    for (let done = 0; done < bytes; ) {
      if (this.#signal?.aborted) throw cancelledError();
      const { bytesRead } = await this.#handle.read(buffer, done, bytes - done, position + done);
      if (bytesRead === 0) throw truncated(what); // the file has shrunk meanwhile
      done += bytesRead;
    }
  }
}

function truncated(what: string): Error {
  return invalidGguf(`the file ends inside ${what}`);
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
