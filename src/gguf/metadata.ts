/** Typed, range-checked access to the metadata of a header. */
import { invalidGguf, quoted } from './error.ts';
import type { GgufHeader, GgufScalar, GgufValue } from './types.ts';

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Undefined when the key is missing; throws `invalid_gguf` when it is no text. */
export function getString(header: GgufHeader, key: string): string | undefined {
  const value = scalarOf(header, key);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw wrongType(header, key, 'a text');
  return value;
}

/** Undefined when the key is missing; throws `invalid_gguf` when it is no boolean. */
export function getBoolean(header: GgufHeader, key: string): boolean | undefined {
  const value = scalarOf(header, key);
  if (value === undefined) return undefined;
  if (typeof value !== 'boolean') throw wrongType(header, key, 'a boolean');
  return value;
}

/** Undefined when the key is missing; throws `invalid_gguf` when it is no integer or out of `range`. */
export function getInteger(header: GgufHeader, key: string, range: Range): number | undefined {
  const value = scalarOf(header, key);
  return value === undefined ? undefined : checkInteger(header, key, value, range);
}

/** As `getInteger` for a key that must be there. */
export function requireInteger(header: GgufHeader, key: string, range: Range): number {
  const value = getInteger(header, key, range);
  if (value === undefined) throw invalidGguf(`the key ${quoted(key)} is missing`);
  return value;
}

/** As `getInteger` for a key that may hold one value for each layer: then their largest. */
export async function getLargestInteger(
  header: GgufHeader,
  key: string,
  range: Range & { readonly maxLength: number },
): Promise<number | undefined> {
  const entry = header.metadata.get(key);
  if (entry?.type !== 'array') return getInteger(header, key, range);
  const { array } = entry;
  if (array.elementType === 'string' || array.length === 0 || array.length > range.maxLength)
    throw invalidGguf(`${quoted(key)} is an array of ${array.length} elements of type ${array.elementType}`);
  const values = (await array.read()).map((value) => checkInteger(header, key, value, range));
  return Math.max(...values);
}

function checkInteger(header: GgufHeader, key: string, value: GgufScalar, range: Range): number {
  if (typeof value === 'bigint') throw outOfRange(key, value, range);
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(header, key, 'an integer');
  if (value < range.min || value > range.max) throw outOfRange(key, value, range);
  return value;
}

function scalarOf(header: GgufHeader, key: string): GgufScalar | undefined {
  const entry: GgufValue | undefined = header.metadata.get(key);
  if (entry === undefined) return undefined;
  if (entry.type === 'array') throw wrongType(header, key, 'a single value');
  return entry.value;
}

function wrongType(header: GgufHeader, key: string, expected: string): Error {
  return invalidGguf(`${quoted(key)} is of type ${header.metadata.get(key)?.type}, not ${expected}`);
}

function outOfRange(key: string, value: number | bigint, range: Range): Error {
  return invalidGguf(`${quoted(key)} is ${value}, not within ${range.min} and ${range.max}`);
}
