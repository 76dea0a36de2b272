/** Models whose weights lie in several GGUF files (llama.cpp: tools/gguf-split). */
import { invalidGguf, quoted } from './error.ts';
import { maxParts, maxTensors } from './limits.ts';
import { getInteger } from './metadata.ts';
import { readGgufHeader } from './reader.ts';
import type { GgufHeader, GgufScalarType, GgufTensor } from './types.ts';

/** Where a file belongs in a split model. */
export interface SplitPosition {
  /** From 0. */
  readonly index: number;
  readonly count: number;
  /** Of all parts together. */
  readonly nTensors: number;
}

/** Prefix of the keys that tell it. */
const prefix = 'split.';

/** Number of files that a model consists of, by one of them; 1 for an ordinary file. */
export function splitCountOf(header: GgufHeader): number {
  return getInteger(header, `${prefix}count`, { min: 0, max: 65_535 }) || 1;
}

/**
 * Undefined for an ordinary file. Throws `invalid_gguf` unless the keys have the types that llama.cpp writes: it aborts on
 * others.
 */
export function splitPositionOf(header: GgufHeader): SplitPosition | undefined {
  if (splitCountOf(header) === 1) return undefined;
  return {
    index: requireTyped(header, 'no', 'uint16'),
    count: requireTyped(header, 'count', 'uint16'),
    nTensors: requireTyped(header, 'tensors.count', 'int32'),
  };
}

function requireTyped(header: GgufHeader, name: string, type: GgufScalarType): number {
  const key = prefix + name;
  const entry = header.metadata.get(key);
  if (entry === undefined) throw invalidGguf(`the key ${quoted(key)} is missing`);
  if (entry.type !== type) throw invalidGguf(`${quoted(key)} is of type ${entry.type}, not ${type}`);
  return Number(entry.value);
}

/** Throws `invalid_gguf` unless the file is part `index` (from 0) of a model of `count` files. */
export function requirePart(header: GgufHeader, index: number, count: number): SplitPosition {
  const position = splitPositionOf(header);
  const what = `file ${index + 1} of ${count}`;
  if (position === undefined) throw invalidGguf(`${what} is not a part of a split model`);
  if (position.index !== index || position.count !== count)
    throw invalidGguf(`${what} is part ${position.index + 1} of ${position.count}`);
  return position;
}

/**
 * The header of the whole model: metadata of the first part, which has all of it, without what tells about the parts;
 * tensors of all, each with its offset in its own part; `fileSizeBytes` of all together. Throws `invalid_gguf` unless the
 * files are the parts of one model, in their order and all of them. An ordinary file is a whole model.
 */
export function joinParts(headers: readonly GgufHeader[]): GgufHeader {
  const [first] = headers;
  if (first === undefined) throw new RangeError('a model has at least one file');
  if (headers.length === 1 && splitPositionOf(first) === undefined) return first;
  const positions = headers.map((header, i) => requirePart(header, i, headers.length));
  const tensors = headers.flatMap((header) => header.tensors);
  requireDistinct(tensors);
  for (const { nTensors } of positions)
    if (nTensors !== tensors.length)
      throw invalidGguf(`its parts have ${tensors.length} tensors, not ${nTensors} as one of them says`);
  return {
    ...first,
    metadata: new Map([...first.metadata].filter(([key]) => !isPlace(key))),
    tensors,
    fileSizeBytes: headers.reduce((sum, { fileSizeBytes }) => sum + fileSizeBytes, 0),
  };
}

function isPlace(key: string): boolean {
  return key.startsWith(prefix);
}

function placeOf({ metadata }: GgufHeader): GgufHeader['metadata'] {
  return new Map([...metadata].filter(([key]) => isPlace(key)));
}

function requireDistinct(tensors: readonly GgufTensor[]): void {
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name)) throw invalidGguf(`tensor ${quoted(name)} occurs in two parts`);
    names.add(name);
  }
}

/** Reads and validates the files of one model, in their order. Errors as in `readGgufHeader` and `joinParts`. */
export async function readModelHeader(
  paths: readonly string[],
  options: { signal?: AbortSignal | undefined } = {},
): Promise<GgufHeader> {
  if (paths.length > maxParts) throw invalidGguf(`it has ${paths.length} parts, more than ${maxParts}`);
  const headers: GgufHeader[] = [];
  let nTensors = 0;
  for (const [i, path] of paths.entries()) {
    const header = await readGgufHeader(path, options);
    if (paths.length > 1) requirePart(header, i, paths.length);
    nTensors += header.tensors.length;
    if (nTensors > maxTensors) throw invalidGguf(`its parts have more than ${maxTensors} tensors`);
    // Metadata of the other parts mean nothing to llama.cpp, and nobody need keep them.
    headers.push(i === 0 ? header : { ...header, metadata: placeOf(header) });
  }
  return joinParts(headers);
}
