/** Splits a model as llama.cpp's gguf-split does: all metadata in the first part, its place in each. */
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { readGgufHeader } from '../reader.ts';
import type { GgufWriteValue } from '../types.ts';
import { type GgufWriteTensor, writeGguf } from '../writer.ts';

export interface SplitOptions {
  /** Tensors of each part but the last, which gets the rest; 0 makes a part of metadata alone. */
  readonly sizes: readonly number[];
  /** Default: the source's, without its ending. */
  readonly prefix?: string;
}

/** The keys of a part; `index` from 0. */
export function splitKeys(index: number, count: number, nTensors: number): [string, GgufWriteValue][] {
  return [
    ['split.no', { type: 'uint16', value: index }],
    ['split.count', { type: 'uint16', value: count }],
    ['split.tensors.count', { type: 'int32', value: nTensors }],
  ];
}

/** Writes the parts into `folder`; resolves with their paths in order. */
export async function splitGguf(source: string, folder: string, { sizes, prefix }: SplitOptions): Promise<string[]> {
  const header = await readGgufHeader(source);
  const metadata: [string, GgufWriteValue][] = [];
  for (const [key, value] of header.metadata)
    metadata.push([
      key,
      value.type === 'array'
        ? { type: 'array', elementType: value.array.elementType, values: await value.array.read() }
        : value,
    ]);
  const tensors = header.tensors.map(
    ({ name, type, shape, offset, sizeBytes }): GgufWriteTensor => ({
      name,
      type,
      shape,
      data: () => createReadStream(source, { start: offset, end: offset + sizeBytes - 1 }),
    }),
  );
  const count = sizes.length + 1;
  const name = prefix ?? path.basename(source, '.gguf');
  const digits = (n: number): string => String(n).padStart(5, '0');
  const files: string[] = [];
  let start = 0;
  for (let i = 0; i < count; i++) {
    const end = start + (sizes[i] ?? tensors.length);
    const file = path.join(folder, `${name}-${digits(i + 1)}-of-${digits(count)}.gguf`);
    await writeGguf(file, {
      metadata: [...(i === 0 ? metadata : []), ...splitKeys(i, count, tensors.length)],
      tensors: tensors.slice(start, end),
    });
    files.push(file);
    start = end;
  }
  return files;
}
