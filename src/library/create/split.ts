/** Models that come in several GGUF files, `<prefix>-00001-of-00003.gguf` and so on, become one (llama.cpp: gguf-split). */
import { createReadStream } from 'node:fs';
import { CriaError } from '../../errors.ts';
import { getInteger } from '../../gguf/metadata.ts';
import { writeNewGguf } from '../../gguf/new-file.ts';
import { readRawMetadata } from '../../gguf/raw-metadata.ts';
import type { GgufHeader, GgufWriteValue } from '../../gguf/types.ts';
import type { GgufWriteTensor } from '../../gguf/writer.ts';

/** A file of a split model. */
export interface Part {
  /** The client's name for it. */
  readonly name: string;
  readonly path: string;
  readonly header: GgufHeader;
}

const pattern = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/;

/** The parts in their order. Throws `conversion_failed`, with Ollama's words, unless they are one whole model. */
export function orderParts(parts: readonly Part[]): readonly Part[] {
  const ordered: Part[] = [];
  let expected: { readonly prefix: string; readonly count: number } | undefined;
  for (const part of parts) {
    const { index, count, prefix } = positionOf(part);
    if (expected !== undefined && (expected.prefix !== prefix || expected.count !== count))
      throw new CriaError('bad_request', 'the files contain more than one model');
    expected = { prefix, count };
    if (ordered[index] !== undefined) throw splitError(`has duplicate shard index ${index}`);
    ordered[index] = part;
  }
  const name = JSON.stringify(parts[0]?.name ?? '');
  const count = expected?.count ?? 0;
  if (ordered[0] === undefined) throw splitError('is missing first shard');
  for (let i = 0; i < count; i++)
    if (ordered[i] === undefined) throw splitError(`${name} is missing shard ${i + 1}`);
  return ordered;
}

/** `index` from 0. */
function positionOf({ name, header }: Part): { prefix: string; index: number; count: number } {
  const quoted = JSON.stringify(name);
  const [, prefix = '', number = '', of = ''] = pattern.exec(name) ?? [];
  if (number === '') throw splitError(`${quoted} must use llama.cpp split filename pattern`);
  const range = { min: 0, max: 65_535 };
  const count = getInteger(header, 'split.count', range) ?? 0;
  if (Number(of) !== count)
    throw splitError(`${quoted} filename count ${Number(of)} does not match metadata count ${count}`);
  const index = getInteger(header, 'split.no', range);
  if (index === undefined) throw splitError(`${quoted} is missing split.no metadata`);
  if (Number(number) - 1 !== index)
    throw splitError(`${quoted} filename index ${Number(number) - 1} does not match metadata index ${index}`);
  if (index >= count) throw splitError(`${quoted} has invalid shard index ${index}`);
  return { prefix, index, count };
}

function splitError(detail: string): CriaError {
  return new CriaError('conversion_failed', `split GGUF ${detail}`);
}

/** Writes the whole model to `target`, which does not exist yet, and after a failure doesn't either. */
export async function mergeParts(
  parts: readonly Part[],
  target: string,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const [first] = parts;
  if (first === undefined) throw new RangeError('there is nothing to merge');
  // The first part has all metadata, the others what tells their place only.
  const metadata: (readonly [string, GgufWriteValue])[] = [];
  for (const [key, value] of await readRawMetadata(first.path, { signal })) {
    if (key === 'general.alignment') metadata.push([key, { type: 'uint32', value: first.header.alignment }]);
    else if (!key.startsWith('split.')) metadata.push([key, value]);
  }
  const tensors = parts.flatMap(({ path, header }) =>
    header.tensors.map(
      ({ name, type, shape, offset, sizeBytes }): GgufWriteTensor => ({
        name,
        type,
        shape,
        data: () => readRange(path, offset, sizeBytes),
      }),
    ),
  );
  requireDistinct(tensors);
  await writeNewGguf(target, { metadata, tensors }, { signal });
}

function requireDistinct(tensors: readonly GgufWriteTensor[]): void {
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name)) throw splitError(`has the tensor ${JSON.stringify(name)} twice`);
    names.add(name);
  }
}

function readRange(path: string, offset: number, sizeBytes: number): AsyncIterable<Uint8Array> {
  if (sizeBytes === 0) return emptyRange();
  return createReadStream(path, { start: offset, end: offset + sizeBytes - 1, highWaterMark: 1 << 20 });
}

async function* emptyRange(): AsyncGenerator<Uint8Array> {}
