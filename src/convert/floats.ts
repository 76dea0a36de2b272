/** The floating-point types of weights: IEEE 754 binary64, binary32, binary16, and bfloat16 (the upper half of binary32). */
import type { ElementType } from './safetensors/header.ts';

/** Types that can be read. */
export type SourceFloat = 'F64' | 'F32' | 'F16' | 'BF16';
/** Types that are written. */
export type FloatType = 'F32' | 'F16' | 'BF16';

export const floatBytes: Readonly<Record<FloatType, number>> = { F32: 4, F16: 2, BF16: 2 };

export function isSourceFloat(type: ElementType): type is SourceFloat {
  return type === 'F64' || type === 'F32' || type === 'F16' || type === 'BF16';
}

let halfTable: Float32Array | undefined;

/** Value of each of the 65,536 bit patterns of binary16. */
function halfValues(): Float32Array {
  if (halfTable !== undefined) return halfTable;
  const table = new Float32Array(65_536);
  for (let bits = 0; bits < 65_536; bits++) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const magnitude =
      exponent === 31
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : exponent === 0
          ? fraction * 2 ** -24
          : (1 + fraction / 1024) * 2 ** (exponent - 15);
    table[bits] = bits & 0x8000 ? -magnitude : magnitude;
  }
  halfTable = table;
  return table;
}

/** Little-endian bytes → values. binary64 is rounded. */
export function decodeFloats(type: SourceFloat, bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  switch (type) {
    case 'F32':
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    case 'F64':
      return new Float32Array(new Float64Array(buffer, byteOffset, byteLength / 8));
    case 'F16': {
      const table = halfValues();
      const source = new Uint16Array(buffer, byteOffset, byteLength / 2);
      const values = new Float32Array(source.length);
      for (let i = 0; i < source.length; i++) values[i] = table[source[i] ?? 0] ?? 0;
      return values;
    }
    case 'BF16': {
      const source = new Uint16Array(buffer, byteOffset, byteLength / 2);
      const bits = new Uint32Array(source.length);
      for (let i = 0; i < source.length; i++) bits[i] = (source[i] ?? 0) << 16;
      return new Float32Array(bits.buffer);
    }
  }
}

/** Values → little-endian bytes, rounded to nearest, ties to even. May return a view of `values`. */
export function encodeFloats(type: FloatType, values: Float32Array<ArrayBuffer>): Uint8Array {
  switch (type) {
    case 'F32':
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    case 'F16':
      return encodeHalves(values);
    case 'BF16':
      return encodeBfloats(values);
  }
}

function encodeHalves(values: Float32Array<ArrayBuffer>): Uint8Array {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const result = new Uint16Array(source.length);
  for (let i = 0; i < source.length; i++) result[i] = halfOf(source[i] ?? 0);
  return new Uint8Array(result.buffer);
}

/** Bits of binary32 → bits of binary16. */
function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude >= 0x4780_0000) return sign | (magnitude > 0x7f80_0000 ? 0x7e00 : 0x7c00); // 2^16 and above, or no number
  if (magnitude >= 0x3880_0000) {
    // Normal in both types: the exponent's bias goes from 127 to 15. A carry of the rounding may run into the exponent.
    const shifted = magnitude - (112 << 23);
    return sign | ((shifted + 0xfff + ((shifted >>> 13) & 1)) >>> 13);
  }
  if (magnitude < 0x3300_0000) return sign; // less than half of the smallest subnormal
  const exponent = magnitude >>> 23;
  const fraction = (magnitude & 0x7f_ffff) | 0x80_0000;
  const shift = 126 - exponent; // 14 … 24
  const half = 1 << (shift - 1);
  const rest = fraction & ((1 << shift) - 1);
  const whole = fraction >>> shift;
  return sign | (whole + (rest > half || (rest === half && (whole & 1) === 1) ? 1 : 0));
}

function encodeBfloats(values: Float32Array<ArrayBuffer>): Uint8Array {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const result = new Uint16Array(source.length);
  for (let i = 0; i < source.length; i++) {
    const bits = source[i] ?? 0;
    const isNan = (bits & 0x7fff_ffff) > 0x7f80_0000;
    // Rounding a NaN could make an infinity of it: the quiet bit is set instead.
    result[i] = isNan ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
  return new Uint8Array(result.buffer);
}

/** Whether an encoded binary16 holds an infinity or no number at all: weights that overflowed. */
export function hasOverflow(halves: Uint8Array): boolean {
  const bits = new Uint16Array(halves.buffer, halves.byteOffset, halves.byteLength / 2);
  for (let i = 0; i < bits.length; i++) if (((bits[i] ?? 0) & 0x7c00) === 0x7c00) return true;
  return false;
}
