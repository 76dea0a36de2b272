/** Makes safetensors files for tests. */

/** A file of F32 tensors, all of them zeros unless values are given. */
export function makeSafetensors(
  tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly values?: readonly number[] }>>,
): Buffer {
  const parts: Buffer[] = [];
  let end = 0;
  const header = Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, values }]) => {
      const count = shape.reduce((a, b) => a * b, 1);
      const data = Float32Array.from({ length: count }, (_, i) => values?.[i] ?? 0);
      parts.push(Buffer.from(data.buffer));
      const start = end;
      end += count * 4;
      return [name, { dtype: 'F32', shape, data_offsets: [start, end] }];
    }),
  );
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...parts]);
}
