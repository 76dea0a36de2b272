/** Streams a tensor of a GGUF file out of the tensors it is made of, some megabytes at a time. */
import { cancelledError } from '../errors.ts';
import { conversionError, quoted, unsupported } from './error.ts';
import {
  decodeFloats,
  encodeFloats,
  type FloatType,
  hasOverflow,
  isSourceFloat,
  type SourceFloat,
} from './floats.ts';
import { dequantize, isScaled, readScales } from './fp8.ts';
import { elementBytes } from './safetensors/header.ts';
import { readTensorBytes, type SourceTensor } from './safetensors/weights.ts';

/**
 * What happens to the values on the way. `rotary`: the rows of each of `nHeads` heads change from Hugging Face's order of
 * rotated pairs (i, i + half) to llama.cpp's (2i, 2i + 1). `add`: to every value.
 */
export type Transform =
  | { readonly type: 'rotary'; readonly nHeads: number }
  | { readonly type: 'add'; readonly value: number };

/** A part of a source tensor: whole rows, counted over all dimensions but the last. */
export interface Piece {
  readonly tensor: SourceTensor;
  readonly firstRow: number;
  readonly nRows: number;
}

/** Elements that are converted in one go: a few milliseconds of work. */
const chunkElements = 512 * 1024;

/** Elements of a row, and the number of rows; a vector has rows of one element. */
export function rowsOf(tensor: SourceTensor): { readonly width: number; readonly nRows: number } {
  const { shape } = tensor;
  if (shape.length < 2) return { width: 1, nRows: shape[0] ?? 1 };
  return { width: shape.at(-1) ?? 1, nRows: shape.slice(0, -1).reduce((a, b) => a * b, 1) };
}

/** The whole tensor as one piece. */
export function wholeOf(tensor: SourceTensor): Piece {
  return { tensor, firstRow: 0, nRows: rowsOf(tensor).nRows };
}

/** Throws `not_implemented` for types that are no plain floating-point numbers. */
export function requireFloat(tensor: SourceTensor): void {
  if (isSourceFloat(tensor.type) || isScaled(tensor)) return;
  throw unsupported(
    `tensor ${quoted(tensor.name)} has the type ${tensor.type}, which cannot be converted yet`,
  );
}

/** The converted bytes in order. Throws `conversion_failed`, `cancelled`. */
export async function* streamTensor(
  pieces: readonly Piece[],
  type: FloatType,
  options: { transform?: Transform | undefined; signal?: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  const { transform, signal } = options;
  for (const { tensor, firstRow, nRows } of pieces) {
    const { width } = rowsOf(tensor);
    const source = await openSource(tensor);
    // A head's rows change places among themselves, so chunks consist of whole heads.
    const unitRows = transform?.type === 'rotary' ? headRows(tensor, nRows, transform.nHeads) : 1;
    const chunkRows = Math.max(1, Math.floor(chunkElements / (width * unitRows))) * unitRows;
    // A row can be longer than a chunk; without an order to keep, it is divided as well.
    if (unitRows === 1 && width > chunkElements) {
      yield* streamElements(source, { first: firstRow * width, count: nRows * width }, type, options);
      continue;
    }
    for (let row = 0; row < nRows; row += chunkRows) {
      if (signal?.aborted) throw cancelledError();
      const count = Math.min(chunkRows, nRows - row);
      const bytes = await source.read((firstRow + row) * width, count * width);
      yield convert(source, bytes, type, transform, { width, unitRows });
    }
  }
}

async function* streamElements(
  source: FloatSource,
  range: { readonly first: number; readonly count: number },
  type: FloatType,
  { transform, signal }: { transform?: Transform | undefined; signal?: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < range.count; done += chunkElements) {
    if (signal?.aborted) throw cancelledError();
    const bytes = await source.read(range.first + done, Math.min(chunkElements, range.count - done));
    yield convert(source, bytes, type, transform, { width: 1, unitRows: 1 });
  }
}

/** A tensor's elements as floating-point numbers of some type. */
interface FloatSource {
  readonly name: string;
  readonly type: SourceFloat;
  /** Elements from index `first` on, as the bytes of their type. */
  read(first: number, count: number): Promise<Uint8Array<ArrayBuffer>>;
}

async function openSource(tensor: SourceTensor): Promise<FloatSource> {
  const { name, type } = tensor;
  if (isScaled(tensor)) {
    const scales = await readScales(tensor);
    return {
      name,
      type: 'F32',
      read: async (first, count) =>
        new Uint8Array(dequantize(await readTensorBytes(tensor, first, count), first, tensor, scales).buffer),
    };
  }
  if (!isSourceFloat(type)) throw new RangeError(`${type} was not refused before`);
  const size = elementBytes[type];
  return { name, type, read: (first, count) => readTensorBytes(tensor, first * size, count * size) };
}

function headRows(tensor: SourceTensor, nRows: number, nHeads: number): number {
  const rows = nRows / nHeads;
  if (!Number.isInteger(rows) || rows % 2 !== 0)
    throw conversionError(
      `tensor ${quoted(tensor.name)} has ${nRows} rows, which do not make ${nHeads} heads`,
    );
  return rows;
}

function convert(
  source: FloatSource,
  bytes: Uint8Array<ArrayBuffer>,
  type: FloatType,
  transform: Transform | undefined,
  { width, unitRows }: { readonly width: number; readonly unitRows: number },
): Uint8Array {
  const ordered =
    transform?.type === 'rotary'
      ? interleaveHalves(bytes, { rowBytes: width * elementBytes[source.type], headRows: unitRows })
      : bytes;
  if (source.type === type && transform?.type !== 'add') return ordered;
  const values = decodeFloats(source.type, ordered);
  if (transform?.type === 'add') for (let i = 0; i < values.length; i++) values[i]! += transform.value;
  const encoded = encodeFloats(type, values);
  if (type === 'F16' && hasOverflow(encoded))
    throw conversionError(
      `tensor ${quoted(source.name)} has values that F16 cannot hold; quantize to BF16 or F32 instead`,
    );
  return encoded;
}

/** Within each head: row i of the first half, row i of the second half, row i + 1 of the first … */
export function interleaveHalves(
  bytes: Uint8Array<ArrayBuffer>,
  { rowBytes, headRows }: { readonly rowBytes: number; readonly headRows: number },
): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes.byteLength);
  const half = headRows / 2;
  const headBytes = headRows * rowBytes;
  for (let head = 0; head < bytes.byteLength; head += headBytes)
    for (let row = 0; row < headRows; row++) {
      const from = head + ((row % 2) * half + (row >> 1)) * rowBytes;
      result.set(bytes.subarray(from, from + rowBytes), head + row * rowBytes);
    }
  return result;
}
