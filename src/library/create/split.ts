/** Models that come in several GGUF files, `<prefix>-00001-of-00003.gguf` and so on (llama.cpp: gguf-split). */
import { link, rm } from 'node:fs/promises';
import { CriaError, isCriaError, toCriaError } from '../../errors.ts';
import { getInteger } from '../../gguf/metadata.ts';
import { joinParts } from '../../gguf/split.ts';
import type { GgufHeader } from '../../gguf/types.ts';
import type { Digest } from '../../types/digest.ts';

/** A file of a split model. */
export interface Part {
  /** The client's name for it. */
  readonly name: string;
  readonly digest: Digest;
  readonly path: string;
  readonly header: GgufHeader;
}

const pattern = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/;
/** What `cria show --modelfile` has for a part: a file of a store, whose place its metadata tell alone. */
const blobName = /^(?:.*[/\\])?sha256-[0-9a-f]{64}$/;

/**
 * The parts in their order, and the header of the whole. Throws `conversion_failed`, with Ollama's words where it has some,
 * unless they are one whole model.
 */
export function assembleParts(parts: readonly Part[]): {
  readonly parts: readonly Part[];
  readonly header: GgufHeader;
} {
  const ordered = orderParts(parts);
  try {
    return { parts: ordered, header: joinParts(ordered.map(({ header }) => header)) };
  } catch (error) {
    if (!isCriaError(error, 'invalid_gguf')) throw error;
    throw new CriaError('conversion_failed', error.message, { cause: error });
  }
}

function orderParts(parts: readonly Part[]): readonly Part[] {
  const ordered: Part[] = [];
  let expected: { readonly prefix: string | undefined; readonly count: number } | undefined;
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

/** `index` from 0; blobs have no prefix. */
function positionOf({ name, header }: Part): { prefix: string | undefined; index: number; count: number } {
  const quoted = JSON.stringify(name);
  const isBlob = blobName.test(name);
  const [, prefix, number, of] = pattern.exec(name) ?? [];
  if (number === undefined && !isBlob)
    throw splitError(`${quoted} must use llama.cpp split filename pattern`);
  const range = { min: 0, max: 65_535 };
  const count = getInteger(header, 'split.count', range) ?? 0;
  if (!isBlob && Number(of) !== count)
    throw splitError(`${quoted} filename count ${Number(of)} does not match metadata count ${count}`);
  const index = getInteger(header, 'split.no', range);
  if (index === undefined) throw splitError(`${quoted} is missing split.no metadata`);
  if (!isBlob && Number(number) - 1 !== index)
    throw splitError(`${quoted} filename index ${Number(number) - 1} does not match metadata index ${index}`);
  if (index >= count) throw splitError(`${quoted} has invalid shard index ${index}`);
  return { prefix, index, count };
}

function splitError(detail: string): CriaError {
  return new CriaError('conversion_failed', `split GGUF ${detail}`);
}

/**
 * Gives files the names by which llama.cpp finds the parts that belong to the first, for functions that take one path only.
 * Nothing is copied. `target` does not exist yet; disposing removes the names again. Throws `conversion_failed` where the file
 * system has no hard links.
 */
export async function linkParts(
  paths: readonly string[],
  target: string,
): Promise<AsyncDisposable & { readonly path: string }> {
  const digits = (n: number): string => String(n).padStart(5, '0');
  const names = paths.map((_, i) => `${target}-${digits(i + 1)}-of-${digits(paths.length)}.gguf`);
  const remove = async (): Promise<void> => {
    for (const name of names) await rm(name, { force: true });
  };
  try {
    for (const [i, path] of paths.entries()) await link(path, names[i] ?? '');
  } catch (error) {
    await remove();
    const { message } = toCriaError(error);
    throw new CriaError(
      'conversion_failed',
      `quantizing a split model needs hard links in the folder of the models, which failed: ${message}`,
      { cause: error },
    );
  }
  return { path: names[0] ?? '', [Symbol.asyncDispose]: remove };
}
