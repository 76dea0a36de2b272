/** Short forms for the metadata of the file that is written. */
import type { GgufWriteValue } from '../gguf/types.ts';

export type Metadata = readonly (readonly [key: string, value: GgufWriteValue])[];

export function uint(value: number): GgufWriteValue {
  return { type: 'uint32', value };
}

export function float(value: number): GgufWriteValue {
  return { type: 'float32', value };
}

export function text(value: string): GgufWriteValue {
  return { type: 'string', value };
}

export function flag(value: boolean): GgufWriteValue {
  return { type: 'bool', value };
}

export function texts(values: readonly string[]): GgufWriteValue {
  return { type: 'array', elementType: 'string', values };
}

export function ints(values: readonly number[]): GgufWriteValue {
  return { type: 'array', elementType: 'int32', values };
}

export function floats(values: readonly number[]): GgufWriteValue {
  return { type: 'array', elementType: 'float32', values };
}

export function bytes(values: Uint8Array): GgufWriteValue {
  return { type: 'array', elementType: 'uint8', values };
}
