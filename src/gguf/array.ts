/** Arrays of metadata that stay in the file until someone asks for their elements. */

import { FileCursor } from './cursor.ts';
import { invalidGguf } from './error.ts';
import { openRegularFile } from './open.ts';
import type { GgufArray, GgufScalar, GgufScalarType } from './types.ts';
import { scalarBytes } from './value-types.ts';

/** Where an array lies; the extent was checked when the header was read. */
export interface ArrayExtent {
  readonly path: string;
  readonly fileSize: number;
  /** Position of the first element. */
  readonly position: number;
  readonly elementType: GgufScalarType;
  readonly length: number;
}

/** An array as a place in a file. */
export class StoredArray implements GgufArray {
  readonly elementType: GgufScalarType;
  readonly length: number;
  readonly #extent: ArrayExtent;

  constructor(extent: ArrayExtent) {
    this.elementType = extent.elementType;
    this.length = extent.length;
    this.#extent = extent;
  }

  async read(options: { signal?: AbortSignal | undefined } = {}): Promise<readonly GgufScalar[]> {
    const { elementType, length } = this;
    if (length === 0) return [];
    return this.#withCursor(async (cursor) => {
      const elements: GgufScalar[] = [];
      if (elementType === 'string') {
        await cursor.visitStrings(length, 'an array element', (buffer, start, end) => {
          elements.push(buffer.toString('utf8', start, end));
        });
        return elements;
      }
      for (let i = 0; i < length; i++) {
        await cursor.need(scalarBytes[elementType], 'an array');
        elements.push(cursor.scalar(elementType));
      }
      return elements;
    }, options.signal);
  }

  async visitStrings(
    visit: (buffer: Buffer, start: number, end: number, index: number) => void,
  ): Promise<void> {
    if (this.elementType !== 'string') throw invalidGguf(`an array of ${this.elementType}, not of strings`);
    if (this.length === 0) return;
    await this.#withCursor((cursor) => cursor.visitStrings(this.length, 'an array element', visit));
  }

  async #withCursor<T>(use: (cursor: FileCursor) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { path, fileSize, position } = this.#extent;
    const { handle, sizeBytes } = await openRegularFile(path);
    try {
      if (sizeBytes !== fileSize) throw invalidGguf('the file has changed since its header was read');
      return await use(new FileCursor(handle, fileSize, { position, signal }));
    } finally {
      await handle.close();
    }
  }
}
