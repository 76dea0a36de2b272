/** Writes GGUF files, version 3: metadata, tensor table, and tensor data streamed behind it. */
import { randomInt } from 'node:crypto';
import { cancelledError } from '../errors.ts';
import { AtomicFile } from '../util/atomic-file.ts';
import { HeaderBuilder } from './header-builder.ts';
import { tensorBytes, tensorTypeByName } from './tensor-types.ts';
import type { GgufWriteValue } from './types.ts';

/** A tensor to write; the data has exactly the bytes that type and shape tell. */
export interface GgufWriteTensor {
  readonly name: string;
  /** GGML's name in capitals, e.g. `Q8_0`. */
  readonly type: string;
  /** ne0 first. */
  readonly shape: readonly number[];
  readonly data: Uint8Array | (() => AsyncIterable<Uint8Array>);
}

/** The key `general.alignment` (uint32) sets the alignment; 32 without it. */
export interface GgufContent {
  readonly metadata: Iterable<readonly [key: string, value: GgufWriteValue]>;
  readonly tensors: readonly GgufWriteTensor[];
}

/** Where the bytes of a file go, in order. */
export interface GgufSink {
  write(bytes: Uint8Array): Promise<void>;
}

/**
 * Writes a file: to a path atomically (nothing is visible there before all is on disk), or into a sink. Throws `cancelled`, and RangeError
 * for content that does not make a file, before anything is written where that can be known.
 */
export async function writeGguf(
  target: string | GgufSink,
  content: GgufContent,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  if (typeof target !== 'string') {
    await writeTo(target, content, options.signal);
    return;
  }
  const file = await AtomicFile.create(`${target}.${randomInt(2 ** 47)}.tmp`);
  try {
    await writeTo(file, content, options.signal);
    await file.commit(target);
  } finally {
    await file.discard();
  }
}

async function writeTo(sink: GgufSink, content: GgufContent, signal: AbortSignal | undefined): Promise<void> {
  const metadata = [...content.metadata];
  const alignment = alignmentOf(metadata);
  const builder = new HeaderBuilder();
  builder.bytes(Buffer.from('GGUF', 'latin1'));
  builder.scalar('uint32', 3);
  builder.scalar('uint64', content.tensors.length);
  builder.scalar('uint64', metadata.length);
  const keys = new Set<string>();
  for (const [key, value] of metadata) {
    if (key === '' || keys.has(key))
      throw new RangeError(`metadata key ${JSON.stringify(key)} is empty or doubled`);
    keys.add(key);
    builder.string(key);
    builder.value(value);
  }
  const sizes = describeTensors(builder, content.tensors, alignment);
  builder.pad(alignment);
  await sink.write(builder.finish());
  for (const [i, tensor] of content.tensors.entries()) {
    if (signal?.aborted) throw cancelledError();
    await writeTensor(sink, tensor, { sizeBytes: sizes[i] ?? 0, alignment, signal });
  }
}

/** Writes the tensor table; returns each tensor's size in bytes. */
function describeTensors(
  builder: HeaderBuilder,
  tensors: readonly GgufWriteTensor[],
  alignment: number,
): readonly number[] {
  const names = new Set<string>();
  let offset = 0;
  return tensors.map((tensor) => {
    if (tensor.name === '' || names.has(tensor.name))
      throw new RangeError(`tensor name ${JSON.stringify(tensor.name)} is empty or doubled`);
    names.add(tensor.name);
    const type = tensorTypeByName(tensor.type);
    if (type === undefined) throw new RangeError(`unknown tensor type ${tensor.type}`);
    const sizeBytes = tensorBytes(type, tensor.shape);
    if (sizeBytes === undefined)
      throw new RangeError(
        `shape [${tensor.shape.join(', ')}] of ${tensor.name} does not suit ${tensor.type}`,
      );
    if (tensor.data instanceof Uint8Array) checkDataSize(tensor.name, tensor.data.byteLength, sizeBytes);
    builder.string(tensor.name);
    builder.scalar('uint32', tensor.shape.length);
    for (const dimension of tensor.shape) builder.scalar('uint64', dimension);
    builder.scalar('uint32', type.id);
    builder.scalar('uint64', offset);
    offset += sizeBytes + paddingAfter(sizeBytes, alignment);
    return sizeBytes;
  });
}

async function writeTensor(
  sink: GgufSink,
  tensor: GgufWriteTensor,
  options: { sizeBytes: number; alignment: number; signal: AbortSignal | undefined },
): Promise<void> {
  if (tensor.data instanceof Uint8Array) {
    await sink.write(tensor.data);
  } else {
    let written = 0;
    for await (const chunk of tensor.data()) {
      if (options.signal?.aborted) throw cancelledError();
      written += chunk.byteLength;
      await sink.write(chunk);
    }
    checkDataSize(tensor.name, written, options.sizeBytes);
  }
  // The last tensor is padded as well: llama.cpp expects the padded size when it reads all data at once.
  await sink.write(new Uint8Array(paddingAfter(options.sizeBytes, options.alignment)));
}

function checkDataSize(name: string, actual: number, expected: number): void {
  if (actual !== expected)
    throw new RangeError(`tensor ${name} has ${actual} bytes of data, not ${expected}`);
}

function paddingAfter(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment - bytes;
}

function alignmentOf(metadata: readonly (readonly [string, GgufWriteValue])[]): number {
  const value = metadata.find(([key]) => key === 'general.alignment')?.[1];
  if (value === undefined) return 32;
  const alignment = value.type === 'uint32' ? Number(value.value) : 0;
  if (alignment === 0 || !Number.isInteger(Math.log2(alignment)))
    throw new RangeError('general.alignment must be a power of two of type uint32');
  return alignment;
}
