/** GGUF nouns. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3. */

export type GgufScalarType =
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'float32'
  | 'bool'
  | 'string'
  | 'uint64'
  | 'int64'
  | 'float64';

/** 64-bit integers beyond 2^53 stay bigint; all other numbers are number. */
export type GgufScalar = number | bigint | boolean | string;

/**
 * An array value. Its extent is checked when the header is read, but only its position is kept; `read` fetches the
 * elements from the file. Arrays of arrays are refused, as llama.cpp refuses them.
 */
export interface GgufArray {
  readonly elementType: GgufScalarType;
  readonly length: number;
  /** Throws `invalid_gguf` when the file has changed since. */
  read(options?: { signal?: AbortSignal | undefined }): Promise<readonly GgufScalar[]>;
  /**
   * For arrays of strings: gives each element's bytes as `buffer[start, end)`, valid during the call only, without
   * making a text of it.
   */
  visitStrings(visit: (buffer: Buffer, start: number, end: number, index: number) => void): Promise<void>;
}

export type GgufValue =
  | { readonly type: GgufScalarType; readonly value: GgufScalar }
  | { readonly type: 'array'; readonly array: GgufArray };

/** A metadata value to write. Numbers must fit their type; 64-bit integers may be bigint. */
export type GgufWriteValue =
  | { readonly type: GgufScalarType; readonly value: GgufScalar }
  | { readonly type: 'array'; readonly elementType: GgufScalarType; readonly values: Iterable<GgufScalar> };

export interface GgufTensor {
  readonly name: string;
  /** GGML type name as llama.cpp prints it in capitals: F32, F16, Q8_0, Q4_K … */
  readonly type: string;
  /** ne0 first. */
  readonly shape: readonly number[];
  /** From the start of the file; `offset + sizeBytes` lies inside it. */
  readonly offset: number;
  readonly sizeBytes: number;
  readonly nElements: number;
}

/** A validated header. */
export interface GgufHeader {
  readonly version: number;
  readonly fileSizeBytes: number;
  readonly alignment: number;
  readonly dataOffset: number;
  /** In file order. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
}
