/** The types of metadata values: GGUF's numbers and sizes (gguf.h: gguf_type). */
import type { GgufScalarType } from './types.ts';

/** Index = GGUF's number of the type. */
export const valueTypeNames = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const satisfies readonly (GgufScalarType | 'array')[];

/** Bytes of a value; strings have none of their own. */
export const scalarBytes: Readonly<Record<Exclude<GgufScalarType, 'string'>, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  uint64: 8,
  int64: 8,
  float64: 8,
};
