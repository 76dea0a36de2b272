/**
 * Reads the header of a safetensors file: which tensors it has, of which type and shape, and where.
 * Format: https://github.com/huggingface/safetensors, README, "Format".
 */
import type { FileHandle } from 'node:fs/promises';
import type { JsonValue } from '../../types/json.ts';
import { conversionError, quoted } from '../error.ts';
import { maxDimensions, maxHeaderBytes, maxTensors } from '../limits.ts';

/** Bytes of an element. Types of half a byte and the like are refused. */
export const elementBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

export type ElementType = keyof typeof elementBytes;

export interface SafetensorsEntry {
  readonly name: string;
  readonly type: ElementType;
  /** Outermost dimension first, as in PyTorch. */
  readonly shape: readonly number[];
  /** From the start of the file; `offset + sizeBytes` lies inside it. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * Checks everything that the format promises: sizes fit type and shape, the tensors lie inside the file, do not overlap
 * and fill it. Throws `conversion_failed`; `what` names the file.
 */
export async function readSafetensorsHeader(
  handle: Pick<FileHandle, 'read'>,
  fileBytes: number,
  what: string,
): Promise<readonly SafetensorsEntry[]> {
  const fail = (detail: string, cause?: unknown): Error =>
    conversionError(`${what} is not a sound safetensors file: ${detail}`, cause);
  if (fileBytes < 8) throw fail('it has fewer than 8 bytes');
  const prefix = await readAt(handle, 0, 8);
  const declared = prefix?.readBigUInt64LE(0) ?? 0n;
  if (declared > BigInt(Math.min(maxHeaderBytes, fileBytes - 8)))
    throw fail(`a header of ${declared} bytes does not fit into it`);
  const headerBytes = Number(declared);
  const bytes = await readAt(handle, 8, headerBytes);
  if (bytes === undefined) throw fail('it has become shorter');
  let header: JsonValue;
  try {
    // JSON.parse is untyped; every value is checked below.
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as JsonValue;
  } catch (error) {
    throw fail('its header is not JSON', error);
  }
  if (!isObject(header)) throw fail('its header is not an object');
  const dataOffset = 8 + headerBytes;
  const rows = Object.entries(header).filter(([name]) => name !== '__metadata__');
  if (rows.length > maxTensors) throw fail(`it has ${rows.length} tensors, more than ${maxTensors}`);
  const entries = rows.map(([name, value]) => readEntry(name, value, dataOffset, fail));
  checkExtents(entries, dataOffset, fileBytes, fail);
  return entries;
}

type Fail = (detail: string) => Error;

function readEntry(name: string, value: JsonValue, dataOffset: number, fail: Fail): SafetensorsEntry {
  const tensor = `tensor ${quoted(name)}`;
  if (!isObject(value)) throw fail(`${tensor} is not described`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') throw fail(`${tensor} has no type`);
  if (!isElementType(dtype)) throw fail(`${tensor} has the unknown type ${quoted(dtype)}`);
  if (!Array.isArray(shape) || shape.length > maxDimensions || !shape.every(isCount))
    throw fail(`${tensor} has no sound shape`);
  const [begin, end, ...more] = Array.isArray(offsets) ? offsets : [];
  if (!isCount(begin) || !isCount(end) || more.length > 0 || begin > end)
    throw fail(`${tensor} has no sound offsets`);
  let expected: number = elementBytes[dtype];
  for (const dimension of shape) expected *= dimension;
  // Products beyond 2^53 are not exact, but they are far from any size that a file can have.
  if (expected !== end - begin)
    throw fail(`${tensor} has ${end - begin} bytes, its type and shape need ${expected}`);
  return { name, type: dtype, shape, offset: dataOffset + begin, sizeBytes: end - begin };
}

/** The format allows neither overlaps nor gaps, so that no byte of the file is hidden or used twice. */
function checkExtents(
  entries: readonly SafetensorsEntry[],
  dataOffset: number,
  fileBytes: number,
  fail: Fail,
): void {
  let end = dataOffset;
  for (const entry of entries.toSorted((a, b) => a.offset - b.offset || a.sizeBytes - b.sizeBytes)) {
    if (entry.offset < end) throw fail(`tensor ${quoted(entry.name)} overlaps another`);
    if (entry.offset > end) throw fail(`there is a gap before tensor ${quoted(entry.name)}`);
    end += entry.sizeBytes;
    if (end > fileBytes) throw fail(`tensor ${quoted(entry.name)} reaches beyond its end`);
  }
  if (end !== fileBytes) throw fail(`it has ${fileBytes - end} bytes after its last tensor`);
}

async function readAt(
  handle: Pick<FileHandle, 'read'>,
  position: number,
  length: number,
): Promise<Buffer | undefined> {
  const buffer = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) return undefined;
    done += bytesRead;
  }
  return buffer;
}

function isElementType(text: string): text is ElementType {
  return Object.hasOwn(elementBytes, text);
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isObject(value: JsonValue): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
