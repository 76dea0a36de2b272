/** Builds GGUF bytes field by field, lies included, for tests of the reader. */

const numbers = { uint8: 0, uint32: 4, float32: 6, bool: 7, string: 8, array: 9, uint64: 10 } as const;

export interface RawTensor {
  readonly name?: string;
  readonly shape?: readonly (number | bigint)[];
  /** GGML's number of the type; default 0 = F32. */
  readonly type?: number;
  readonly offset?: number | bigint;
  /** Overrides the number of dimensions that is written. */
  readonly nDimensions?: number;
}

export interface RawFile {
  readonly magic?: string;
  readonly version?: number;
  readonly nTensors?: number | bigint;
  readonly nKeys?: number | bigint;
  /** Encoded entries; see `entry`. */
  readonly keys?: readonly Buffer[];
  readonly tensors?: readonly RawTensor[];
  /** Bytes of tensor data behind the padded header. */
  readonly dataBytes?: number;
}

export function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

export function u64(value: number | bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

export function str(value: string, length: number | bigint = Buffer.byteLength(value)): Buffer {
  return Buffer.concat([u64(length), Buffer.from(value)]);
}

/** A key, a type (name or number) and the value's bytes. */
export function entry(key: string, type: keyof typeof numbers | number, ...value: Buffer[]): Buffer {
  return Buffer.concat([str(key), u32(typeof type === 'number' ? type : numbers[type]), ...value]);
}

export function rawGguf(file: RawFile = {}): Buffer {
  const tensors = file.tensors ?? [];
  const keys = file.keys ?? [];
  const header = Buffer.concat([
    Buffer.from(file.magic ?? 'GGUF', 'latin1'),
    u32(file.version ?? 3),
    u64(file.nTensors ?? tensors.length),
    u64(file.nKeys ?? keys.length),
    ...keys,
    ...tensors.flatMap((tensor) => {
      const shape = tensor.shape ?? [8];
      return [
        str(tensor.name ?? 't'),
        u32(tensor.nDimensions ?? shape.length),
        ...shape.map(u64),
        u32(tensor.type ?? 0),
        u64(tensor.offset ?? 0),
      ];
    }),
  ]);
  const padding = (32 - (header.byteLength % 32)) % 32;
  return Buffer.concat([header, Buffer.alloc(padding + (file.dataBytes ?? (tensors.length > 0 ? 32 : 0)))]);
}
