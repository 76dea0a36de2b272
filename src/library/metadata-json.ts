/** GGUF metadata as values for JSON. */
import type { GgufHeader, GgufScalar, GgufScalarType, GgufValue } from '../gguf/types.ts';

export interface MetadataOptions {
  /** Give the elements of arrays; otherwise every array that is not empty is null. */
  readonly verbose: boolean;
  readonly without?: readonly string[];
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Keys sorted, as Go does: clients take the first key that ends in `context_length`. */
export async function metadataAsJson(
  header: GgufHeader,
  { verbose, without = [], extra = {} }: MetadataOptions,
): Promise<Record<string, unknown>> {
  const values = new Map<string, unknown>();
  for (const [key, value] of header.metadata)
    if (!without.includes(key)) values.set(key, await toJson(value, verbose));
  for (const [key, value] of Object.entries(extra)) values.set(key, value);
  // fromEntries defines own properties, so that a key `__proto__` is only a key.
  return Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function toJson(value: GgufValue, verbose: boolean): Promise<unknown> {
  if (value.type !== 'array') return scalarToJson(value.type, value.value);
  const { array } = value;
  if (array.length === 0) return [];
  if (!verbose) return null;
  return (await array.read()).map((element) => scalarToJson(array.elementType, element));
}

function scalarToJson(type: GgufScalarType, value: GgufScalar): GgufScalar {
  return type === 'float32' && typeof value === 'number' ? shortestFloat32(value) : value;
}

/** The number with the fewest digits that is the same as a 32-bit float: 0.1 instead of 0.10000000149011612. */
export function shortestFloat32(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9)); // nine digits tell any two 32-bit floats apart
}
