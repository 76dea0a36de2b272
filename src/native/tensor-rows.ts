/** Reads single rows of a matrix of a GGUF as llama.cpp would look them up. */
import { closeSync, openSync, readSync } from 'node:fs';
import koffi from 'koffi';
import type { Library } from './library.ts';
import { type Pointer, structs } from './structs.ts';

/** ggml.h: `GGML_TYPE_F32`, which needs no conversion. */
const f32Type = 0;

const toFloatPrototype = koffi.proto('void ggml_to_float(const void *, _Out_ float *, int64_t)');

export class TensorRows implements Disposable {
  readonly nRows: number;
  readonly #width: number;
  readonly #offset: number;
  readonly #row: Uint8Array;
  /** Undefined for numbers that are 32 bits wide already. */
  readonly #toFloat: Pointer | undefined;
  #file: number | undefined;

  private constructor(file: number, at: TensorPlace, width: number) {
    this.#file = file;
    this.nRows = at.sizeBytes / at.rowBytes;
    this.#width = width;
    this.#offset = at.offset;
    this.#row = new Uint8Array(at.rowBytes);
    this.#toFloat = at.toFloat;
  }

  /** `width`: numbers of a row. Undefined when the file has no such matrix. */
  static open(library: Library, path: string, name: string, width: number): TensorRows | undefined {
    const place = findTensor(library, path, name, width);
    return place === undefined ? undefined : new TensorRows(openSync(path, 'r'), place, width);
  }

  /** Writes a row's numbers into `target` // [width]. */
  read(index: number, target: Float32Array): void {
    if (this.#file === undefined) throw new Error('TensorRows was used after dispose');
    if (index < 0 || index >= this.nRows) throw new RangeError(`there is no row ${index}`);
    const nRead = readSync(
      this.#file,
      this.#row,
      0,
      this.#row.length,
      this.#offset + index * this.#row.length,
    );
    if (nRead !== this.#row.length) throw new Error('the file of the model has become shorter');
    if (this.#toFloat === undefined) new Uint8Array(target.buffer, target.byteOffset, nRead).set(this.#row);
    else koffi.call(this.#toFloat, toFloatPrototype, this.#row, target, this.#width);
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

interface TensorPlace {
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly sizeBytes: number;
  readonly rowBytes: number;
  readonly toFloat: Pointer | undefined;
}

function findTensor(
  { ggmlBase }: Library,
  path: string,
  name: string,
  width: number,
): TensorPlace | undefined {
  const file = ggmlBase.gguf_init_from_file(path, { no_alloc: true, ctx: null });
  if (file === null) return undefined;
  try {
    const tensor = ggmlBase.gguf_find_tensor(file, name);
    if (Number(tensor) < 0) return undefined;
    const type = ggmlBase.gguf_get_tensor_type(file, tensor);
    // The layout of the struct is compared with the headers by structs.test.ts.
    const traits = koffi.decode(ggmlBase.ggml_get_type_traits(type), structs.ggml_type_traits) as {
      blck_size: number;
      type_size: number;
      to_float: Pointer | null;
    };
    if (width % Number(traits.blck_size) !== 0 || (type !== f32Type && traits.to_float === null))
      return undefined;
    return {
      offset:
        Number(ggmlBase.gguf_get_data_offset(file)) + Number(ggmlBase.gguf_get_tensor_offset(file, tensor)),
      sizeBytes: Number(ggmlBase.gguf_get_tensor_size(file, tensor)),
      rowBytes: (width / Number(traits.blck_size)) * Number(traits.type_size),
      toFloat: type === f32Type ? undefined : (traits.to_float ?? undefined),
    };
  } finally {
    ggmlBase.gguf_free(file);
  }
}
