/** Reads and validates the header of a GGUF file without reading its tensors. */
import { StoredArray } from './array.ts';
import { FileCursor } from './cursor.ts';
import { invalidGguf, quoted } from './error.ts';
import {
  maxArrayBytes,
  maxArrayLength,
  maxDimensions,
  maxKeyBytes,
  maxMetadataKeys,
  maxStringBytes,
  maxTensorNameBytes,
  maxTensors,
  maxTotalStringBytes,
} from './limits.ts';
import { openRegularFile } from './open.ts';
import { removedTensorTypeName, tensorBytes, tensorTypeById } from './tensor-types.ts';
import type { GgufHeader, GgufTensor, GgufValue } from './types.ts';
import { scalarBytes, valueTypeNames } from './value-types.ts';

const magic = 'GGUF';
const defaultAlignment = 32;
/** The least bytes that a metadata entry and a tensor description can take; bound the counts by the file's length. */
const leastKeyBytes = 8 + 1 + 4 + 1;
const leastTensorBytes = 8 + 4 + 4 + 8;

/** True when the file begins with GGUF's magic bytes; says nothing about the rest. */
export async function hasGgufMagic(path: string): Promise<boolean> {
  const { handle, sizeBytes } = await openRegularFile(path);
  try {
    if (sizeBytes < magic.length) return false;
    const { buffer } = await handle.read(Buffer.alloc(magic.length), 0, magic.length, 0);
    return buffer.toString('latin1') === magic;
  } finally {
    await handle.close();
  }
}

/**
 * Reads a header. Every count, length, offset and range is checked against the file before it is believed, so the
 * result can be trusted and the file handed to native code. Throws `invalid_gguf`, `cancelled` or the system's error.
 */
export async function readGgufHeader(
  path: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<GgufHeader> {
  const { handle, sizeBytes } = await openRegularFile(path);
  try {
    const cursor = new FileCursor(handle, sizeBytes, { signal: options.signal });
    const { version, nTensors, nKeys } = await readPreamble(cursor);
    const budget = new StringBudget();
    const metadata = await readMetadata(cursor, path, nKeys, budget);
    const alignment = readAlignment(metadata);
    const described = await readTensorTable(cursor, nTensors, budget);
    const dataOffset = nTensors === 0 ? cursor.position : alignUp(cursor.position, alignment);
    const tensors = described.map((tensor) => placeTensor(tensor, { alignment, dataOffset, sizeBytes }));
    refuseOverlaps(tensors);
    return { version, fileSizeBytes: sizeBytes, alignment, dataOffset, metadata, tensors };
  } finally {
    await handle.close();
  }
}

async function readPreamble(
  cursor: FileCursor,
): Promise<{ version: number; nTensors: number; nKeys: number }> {
  await cursor.need(8, 'the magic bytes and the version');
  const found = cursor.uint32();
  if (found !== Buffer.from(magic, 'latin1').readUInt32LE())
    throw invalidGguf('the file does not begin with "GGUF"');
  const version = cursor.uint32();
  // A small version number written in the other byte order has its low half zero.
  if (version !== 0 && (version & 0xffff) === 0)
    throw invalidGguf('the file is big-endian; only little-endian files can be used');
  if (version !== 2 && version !== 3)
    throw invalidGguf(`version ${version}; only versions 2 and 3 can be used`);
  await cursor.need(16, 'the counts of tensors and keys');
  const nTensors = cursor.uint53('the number of tensors');
  const nKeys = cursor.uint53('the number of keys');
  if (nTensors > maxTensors || nTensors * leastTensorBytes > cursor.remaining)
    throw invalidGguf(`${nTensors} tensors in a file of ${cursor.fileSize} bytes`);
  if (nKeys > maxMetadataKeys || nKeys * leastKeyBytes > cursor.remaining)
    throw invalidGguf(`${nKeys} metadata keys in a file of ${cursor.fileSize} bytes`);
  return { version, nTensors, nKeys };
}

/** Bounds the memory for names and texts of one header. */
class StringBudget {
  #left = maxTotalStringBytes;

  spend(text: string): string {
    this.#left -= Buffer.byteLength(text);
    if (this.#left < 0) throw invalidGguf(`its texts have more than ${maxTotalStringBytes} bytes`);
    return text;
  }
}

async function readMetadata(
  cursor: FileCursor,
  path: string,
  nKeys: number,
  budget: StringBudget,
): Promise<ReadonlyMap<string, GgufValue>> {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < nKeys; i++) {
    const key = budget.spend(await cursor.string(maxKeyBytes, `metadata key ${i}`));
    if (key === '' || key.includes('\0')) throw invalidGguf(`metadata key ${i} is ${quoted(key)}`);
    if (metadata.has(key)) throw invalidGguf(`metadata key ${quoted(key)} occurs twice`);
    metadata.set(key, await readValue(cursor, path, key, budget));
  }
  return metadata;
}

async function readValue(
  cursor: FileCursor,
  path: string,
  key: string,
  budget: StringBudget,
): Promise<GgufValue> {
  const what = `the value of ${quoted(key)}`;
  const type = await readValueType(cursor, what);
  if (type === 'string') return { type, value: budget.spend(await cursor.string(maxStringBytes, what)) };
  if (type !== 'array') {
    await cursor.need(scalarBytes[type], what);
    return { type, value: cursor.scalar(type) };
  }
  const elementType = await readValueType(cursor, what);
  if (elementType === 'array') throw invalidGguf(`${what} is an array of arrays`);
  await cursor.need(8, what);
  const length = cursor.uint53(`the length of ${what}`);
  const leastBytes = length * (elementType === 'string' ? 8 : scalarBytes[elementType]);
  if (length > maxArrayLength)
    throw invalidGguf(`${what} has ${length} elements, more than ${maxArrayLength}`);
  if (leastBytes > cursor.remaining) throw invalidGguf(`the file ends inside ${what}`);
  const position = cursor.position;
  if (elementType === 'string') await cursor.skipStrings(length, what);
  else cursor.skip(leastBytes, what);
  if (cursor.position - position > maxArrayBytes)
    throw invalidGguf(`${what} has more than ${maxArrayBytes} bytes`);
  return {
    type,
    array: new StoredArray({ path, fileSize: cursor.fileSize, position, elementType, length }),
  };
}

async function readValueType(cursor: FileCursor, what: string): Promise<(typeof valueTypeNames)[number]> {
  await cursor.need(4, what);
  const id = cursor.uint32();
  const name = valueTypeNames[id];
  if (name === undefined) throw invalidGguf(`${what} has the unknown type ${id}`);
  return name;
}

function readAlignment(metadata: ReadonlyMap<string, GgufValue>): number {
  const entry = metadata.get('general.alignment');
  if (entry === undefined) return defaultAlignment;
  if (entry.type !== 'uint32') throw invalidGguf(`general.alignment is of type ${entry.type}, not uint32`);
  const alignment = Number(entry.value);
  if (alignment === 0 || !Number.isInteger(Math.log2(alignment)))
    throw invalidGguf(`the alignment ${alignment} is not a power of two`);
  return alignment;
}

/** A tensor before its place in the file is known. */
interface DescribedTensor extends Omit<GgufTensor, 'offset'> {
  /** From the start of the data section. */
  readonly relativeOffset: number;
}

async function readTensorTable(
  cursor: FileCursor,
  nTensors: number,
  budget: StringBudget,
): Promise<readonly DescribedTensor[]> {
  const tensors: DescribedTensor[] = [];
  const names = new Set<string>();
  for (let i = 0; i < nTensors; i++) {
    const name = budget.spend(await cursor.string(maxTensorNameBytes, `the name of tensor ${i}`));
    // llama.cpp compares names as C strings, to which what follows a zero byte is invisible.
    if (name === '' || name.includes('\0')) throw invalidGguf(`tensor ${i} has the name ${quoted(name)}`);
    if (names.has(name)) throw invalidGguf(`tensor ${quoted(name)} occurs twice`);
    names.add(name);
    tensors.push(await readTensor(cursor, name));
  }
  return tensors;
}

async function readTensor(cursor: FileCursor, name: string): Promise<DescribedTensor> {
  const what = `tensor ${quoted(name)}`;
  await cursor.need(4, what);
  const nDimensions = cursor.uint32();
  if (nDimensions > maxDimensions)
    throw invalidGguf(`${what} has ${nDimensions} dimensions, more than ${maxDimensions}`);
  await cursor.need(nDimensions * 8 + 12, what);
  const shape: number[] = [];
  let nElements = 1;
  for (let d = 0; d < nDimensions; d++) {
    const dimension = cursor.uint53(`dimension ${d} of ${what}`);
    if (dimension === 0) throw invalidGguf(`dimension ${d} of ${what} is 0`);
    nElements *= dimension;
    if (!Number.isSafeInteger(nElements)) throw invalidGguf(`${what} has too many elements`);
    shape.push(dimension);
  }
  const typeId = cursor.uint32();
  const type = tensorTypeById(typeId);
  if (type === undefined) {
    const old = removedTensorTypeName(typeId);
    throw invalidGguf(
      old === undefined
        ? `${what} has the unknown type ${typeId}`
        : `${what} has the type ${old}, which is no longer supported; the model must be quantized again`,
    );
  }
  const sizeBytes = tensorBytes(type, shape);
  if (sizeBytes === undefined)
    throw invalidGguf(`${what} of type ${type.name} has rows of ${shape[0] ?? 1} elements`);
  const relativeOffset = cursor.uint53(`the offset of ${what}`);
  return { name, type: type.name, shape, nElements, sizeBytes, relativeOffset };
}

function placeTensor(
  { relativeOffset, ...tensor }: DescribedTensor,
  file: { alignment: number; dataOffset: number; sizeBytes: number },
): GgufTensor {
  const what = `tensor ${quoted(tensor.name)}`;
  if (relativeOffset % file.alignment !== 0)
    throw invalidGguf(`the offset ${relativeOffset} of ${what} is not a multiple of ${file.alignment}`);
  const offset = file.dataOffset + relativeOffset;
  // Each term is below 2^53, so the sum cannot wrap; a sum that lost precision is still far beyond any file's end.
  if (offset + tensor.sizeBytes > file.sizeBytes)
    throw invalidGguf(
      `${what} needs ${tensor.sizeBytes} bytes at ${offset}, but the file has ${file.sizeBytes} bytes`,
    );
  return { ...tensor, offset };
}

function refuseOverlaps(tensors: readonly GgufTensor[]): void {
  const sorted = tensors.toSorted((a, b) => a.offset - b.offset);
  for (const [i, tensor] of sorted.entries()) {
    const next = sorted[i + 1];
    if (next !== undefined && tensor.offset + tensor.sizeBytes > next.offset)
      throw invalidGguf(`tensors ${quoted(tensor.name)} and ${quoted(next.name)} overlap`);
  }
}

function alignUp(position: number, alignment: number): number {
  return Math.ceil(position / alignment) * alignment;
}
