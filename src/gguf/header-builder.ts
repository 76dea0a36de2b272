/** A growing buffer that encodes GGUF's values. */
import type { GgufScalar, GgufScalarType, GgufWriteValue } from './types.ts';
import { scalarBytes, valueTypeNames } from './value-types.ts';

/** Encodes little-endian values one after the other. Values that do not fit their type throw RangeError. */
export class HeaderBuilder {
  #buffer = Buffer.alloc(64 * 1024);
  #length = 0;

  bytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.byteLength); // may replace the buffer
    this.#buffer.set(bytes, at);
  }

  string(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    this.scalar('uint64', bytes.byteLength);
    this.bytes(bytes);
  }

  /** A type number and the value. */
  value(value: GgufWriteValue): void {
    this.scalar('uint32', valueTypeNames.indexOf(value.type));
    if (value.type !== 'array') {
      this.#element(value.type, value.value);
      return;
    }
    const values = [...value.values];
    this.scalar('uint32', valueTypeNames.indexOf(value.elementType));
    this.scalar('uint64', values.length);
    for (const element of values) this.#element(value.elementType, element);
  }

  scalar(type: Exclude<GgufScalarType, 'string'>, value: Exclude<GgufScalar, string>): void {
    const at = this.#reserve(scalarBytes[type]);
    switch (type) {
      case 'uint8':
        this.#buffer.writeUInt8(Number(value), at);
        break;
      case 'int8':
        this.#buffer.writeInt8(Number(value), at);
        break;
      case 'uint16':
        this.#buffer.writeUInt16LE(Number(value), at);
        break;
      case 'int16':
        this.#buffer.writeInt16LE(Number(value), at);
        break;
      case 'uint32':
        this.#buffer.writeUInt32LE(Number(value), at);
        break;
      case 'int32':
        this.#buffer.writeInt32LE(Number(value), at);
        break;
      case 'float32':
        this.#buffer.writeFloatLE(Number(value), at);
        break;
      case 'bool':
        this.#buffer.writeUInt8(value ? 1 : 0, at);
        break;
      case 'uint64':
        this.#buffer.writeBigUInt64LE(BigInt(value), at);
        break;
      case 'int64':
        this.#buffer.writeBigInt64LE(BigInt(value), at);
        break;
      case 'float64':
        this.#buffer.writeDoubleLE(Number(value), at);
        break;
    }
  }

  /** Fills up with zeros to a multiple of `alignment`. */
  pad(alignment: number): void {
    this.#reserve(Math.ceil(this.#length / alignment) * alignment - this.#length);
  }

  /** The encoded bytes; the builder is not used afterwards. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #element(type: GgufScalarType, value: GgufScalar): void {
    if (type === 'string') {
      if (typeof value !== 'string') throw new RangeError(`${value} is no text`);
      this.string(value);
    } else {
      if (typeof value === 'string') throw new RangeError(`${JSON.stringify(value)} is no ${type}`);
      this.scalar(type, value);
    }
  }

  /** Makes room and returns its position. */
  #reserve(bytes: number): number {
    const at = this.#length;
    if (at + bytes > this.#buffer.byteLength) {
      const grown = Buffer.alloc(Math.max(this.#buffer.byteLength * 2, at + bytes));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    this.#length = at + bytes;
    return at;
  }
}
