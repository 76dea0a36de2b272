/** The metadata of a file as its bytes: for writing them again elsewhere without interpreting them. */
import { FileCursor } from './cursor.ts';
import { invalidGguf, quoted } from './error.ts';
import { maxArrayBytes, maxKeyBytes, maxTotalStringBytes } from './limits.ts';
import { openRegularFile } from './open.ts';
import type { GgufScalarType, GgufWriteValue } from './types.ts';
import { scalarBytes, valueTypeNames } from './value-types.ts';

/** Largest metadata that is taken; the vocabularies of real models need some 20 MB. */
const maxBytes = maxArrayBytes + maxTotalStringBytes;

/**
 * Keys and values in file order, for a file whose header `readGgufHeader` has accepted. Byte tokens that are no text stay
 * as they are. Throws `invalid_gguf` when the file has changed since.
 */
export async function readRawMetadata(
  path: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<readonly (readonly [key: string, value: GgufWriteValue])[]> {
  const { handle, sizeBytes } = await openRegularFile(path);
  try {
    const cursor = new FileCursor(handle, sizeBytes, { signal: options.signal });
    await cursor.need(24, 'the header');
    cursor.skip(16, 'the header'); // magic, version, number of tensors
    const count = cursor.uint53('the number of keys');
    const ranges: { key: string; start: number; end: number }[] = [];
    for (let i = 0; i < count; i++) {
      const key = await cursor.string(maxKeyBytes, 'a key');
      const start = cursor.position;
      await skipValue(cursor, key);
      ranges.push({ key, start, end: cursor.position });
      if (cursor.position > maxBytes) throw invalidGguf(`the metadata have more than ${maxBytes} bytes`);
    }
    const entries: (readonly [string, GgufWriteValue])[] = [];
    for (const { key, start, end } of ranges) {
      const bytes = new Uint8Array(end - start);
      for (let done = 0; done < bytes.byteLength; ) {
        const { bytesRead } = await handle.read(bytes, done, bytes.byteLength - done, start + done);
        if (bytesRead === 0) throw invalidGguf('the file has become shorter');
        done += bytesRead;
      }
      entries.push([key, { type: 'raw', bytes }]);
    }
    return entries;
  } finally {
    await handle.close();
  }
}

async function skipValue(cursor: FileCursor, key: string): Promise<void> {
  await cursor.need(4, key);
  const type = typeOf(cursor, key);
  if (type !== 'array') {
    await skipElements(cursor, type, 1, key);
    return;
  }
  await cursor.need(12, key);
  const elementType = typeOf(cursor, key);
  if (elementType === 'array') throw invalidGguf(`${quoted(key)} is an array of arrays`);
  await skipElements(cursor, elementType, cursor.uint53(key), key);
}

async function skipElements(
  cursor: FileCursor,
  type: GgufScalarType,
  count: number,
  key: string,
): Promise<void> {
  if (type === 'string') await cursor.skipStrings(count, key);
  else cursor.skip(count * scalarBytes[type], key);
}

function typeOf(cursor: FileCursor, key: string): GgufScalarType | 'array' {
  const type = valueTypeNames[cursor.uint32()];
  if (type === undefined) throw invalidGguf(`${quoted(key)} has an unknown type`);
  return type;
}
