/**
 * The greatest value of every 64, by SIMD instructions in a few bytes of WebAssembly: V8's loops take one value at a time,
 * and a look at 128k logits a token would cost a tenth of the time of a small model.
 */

/** The part of the standard that is used here: TypeScript has its types among those of browsers only. */
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Record<string, Record<string, object>>,
  ) => { readonly exports: Record<string, unknown> };
  readonly CompileError: new () => Error;
};

/** Values of one group. */
export const groupSize = 64;

/** Instructions used below: WebAssembly core specification, binary format. */
const op = {
  loop: [0x03, 0x40],
  end: [0x0b],
  brIf: (label: number) => [0x0d, label],
  get: (local: number) => [0x20, local],
  set: (local: number) => [0x21, local],
  tee: (local: number) => [0x22, local],
  i32Const: (value: number) => [0x41, ...signedLeb(value)],
  i32Add: [0x6a],
  i32LessUnsigned: [0x49],
  f32Store: [0x38, 2, 0],
  v128Load: (offset: number) => [0xfd, 0x00, 4, ...unsignedLeb(offset)],
  v128Splat: (f32: readonly number[]) => [0xfd, 0x0c, ...f32, ...f32, ...f32, ...f32],
  shuffleLanes: (...lanes: readonly number[]) => [
    0xfd,
    0x0d,
    ...lanes.flatMap((l) => [4 * l, 4 * l + 1, 4 * l + 2, 4 * l + 3]),
  ],
  f32x4FirstLane: [0xfd, 0x1f, 0],
  /** `a < b ? b : a`: keeps `a` when `b` is not a number. */
  f32x4Pmax: [0xfd, 0xeb, 0x01],
} as const;

const [i32, v128] = [0x7f, 0x7b];
const minusInfinity = [0x00, 0x00, 0x80, 0xff];

/** `maxima(source, end, target)`: byte addresses; the source is a whole number of groups. */
function moduleBytes(): Uint8Array {
  const [source, end, target] = [0, 1, 2];
  const accumulators = [3, 4, 5, 6];
  const [a, b, c, d] = accumulators as [number, number, number, number];
  const maximumOf = (left: number, right: number) => [...op.get(left), ...op.get(right), ...op.f32x4Pmax];
  /** The shuffle takes its lanes from two vectors: here from `a` twice. */
  const foldLanes = (...lanes: number[]) => [
    ...op.get(a),
    ...op.get(a),
    ...op.get(a),
    ...op.shuffleLanes(...lanes),
    ...op.f32x4Pmax,
    ...op.set(a),
  ];
  const code = [
    ...op.loop,
    ...accumulators.flatMap((local) => [...op.v128Splat(minusInfinity), ...op.set(local)]),
    ...Array.from({ length: groupSize / 4 }, (_, i) => {
      const local = accumulators[i % 4]!; // four of them
      return [...op.get(local), ...op.get(source), ...op.v128Load(16 * i), ...op.f32x4Pmax, ...op.set(local)];
    }).flat(),
    ...maximumOf(a, b),
    ...op.set(a),
    ...maximumOf(c, d),
    ...op.set(c),
    ...maximumOf(a, c),
    ...op.set(a),
    ...foldLanes(2, 3, 0, 1),
    ...foldLanes(1, 0, 3, 2),
    ...op.get(target),
    ...op.get(a),
    ...op.f32x4FirstLane,
    ...op.f32Store,
    ...op.get(target),
    ...op.i32Const(4),
    ...op.i32Add,
    ...op.set(target),
    ...op.get(source),
    ...op.i32Const(groupSize * 4),
    ...op.i32Add,
    ...op.tee(source),
    ...op.get(end),
    ...op.i32LessUnsigned,
    ...op.brIf(0),
    ...op.end,
    ...op.end,
  ];
  const body = [1, accumulators.length, v128, ...code]; // one declaration: four locals of one type
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic, version
    ...section(1, [1, 0x60, 3, i32, i32, i32, 0]), // one type: three integers to nothing
    ...section(2, [1, ...text('js'), ...text('memory'), 2, 0, ...unsignedLeb(1)]), // import a memory of 1 page or more
    ...section(3, [1, 0]), // one function of that type
    ...section(7, [1, ...text('maxima'), 0, 0]), // export it
    ...section(10, [1, ...unsignedLeb(body.length), ...body]),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsignedLeb(content.length), ...content];
}

function text(name: string): number[] {
  return [name.length, ...Buffer.from(name, 'latin1')];
}

function unsignedLeb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsignedLeb(value >>> 7)];
}

/** Of numbers that are not negative: bit 6 of the last byte is the sign. */
function signedLeb(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signedLeb(value >>> 7)];
}

export class GroupMax {
  readonly nValues: number;
  /** Float32Array // [ceil(nValues / groupSize)], filled by `compute`; minus infinity for a group of NaN. */
  readonly maxima: Float32Array;
  readonly #values: Float32Array;
  readonly #run: () => void;

  private constructor(nValues: number) {
    this.nValues = nValues;
    const nGroups = Math.ceil(nValues / groupSize);
    const target = nGroups * groupSize * 4;
    const memory = new WebAssembly.Memory({ initial: Math.ceil((target + nGroups * 4) / 65_536) });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), { js: { memory } });
    // The module above exports this function.
    const maxima = instance.exports.maxima as (source: number, end: number, target: number) => void;
    this.maxima = new Float32Array(memory.buffer, target, nGroups);
    this.#values = new Float32Array(memory.buffer, 0, nGroups * groupSize).fill(Number.NEGATIVE_INFINITY);
    this.#run = () => maxima(0, target, target);
  }

  /** Undefined where the machine has no such instructions. `nValues` > 0. */
  static create(nValues: number): GroupMax | undefined {
    try {
      return new GroupMax(nValues);
    } catch (error) {
      if (error instanceof WebAssembly.CompileError) return undefined;
      throw error;
    }
  }

  /** `values` has `nValues` of them. */
  compute(values: Float32Array): void {
    this.#values.set(values);
    this.#run();
  }
}
