/** The batch that `llama_decode` reads, written through typed arrays over one block of C memory. */
import { NativeBuffer } from './native-buffer.ts';
import type { BatchStruct } from './structs.ts';

export class Batch implements Disposable {
  readonly capacity: number;
  /** Passed by value to `llama_decode`; `n_tokens` follows `length`. */
  readonly struct: BatchStruct;
  readonly #memory: NativeBuffer;
  readonly #tokens: Int32Array;
  readonly #positions: Int32Array;
  readonly #seqIds: Int32Array;
  readonly #wantsLogits: Int8Array;
  /** Float32Array // [capacity, nEmbd]; empty where tokens are given */
  readonly #vectors: Float32Array;
  readonly #nEmbd: number;

  /** `capacity`: the most tokens of one batch. `nEmbd` > 0: tokens are given as vectors of that length instead of ids. */
  constructor(capacity: number, nEmbd = 0) {
    this.capacity = capacity;
    this.#nEmbd = nEmbd;
    // seq_id first: its pointers need 8-byte alignment.
    const seqIdPointers = 0;
    const tokens = seqIdPointers + capacity * 8;
    const positions = tokens + capacity * 4;
    const seqIdCounts = positions + capacity * 4;
    const seqIds = seqIdCounts + capacity * 4;
    const vectors = seqIds + capacity * 4;
    const wantsLogits = vectors + capacity * nEmbd * 4;
    this.#memory = new NativeBuffer(wantsLogits + capacity);
    const { bytes, pointer } = this.#memory;
    const at = (offset: number) => pointer + BigInt(offset);

    this.#tokens = new Int32Array(bytes, tokens, capacity);
    this.#positions = new Int32Array(bytes, positions, capacity);
    this.#seqIds = new Int32Array(bytes, seqIds, capacity);
    this.#vectors = new Float32Array(bytes, vectors, capacity * nEmbd);
    this.#wantsLogits = new Int8Array(bytes, wantsLogits, capacity);
    new Int32Array(bytes, seqIdCounts, capacity).fill(1);
    const pointers = new BigUint64Array(bytes, seqIdPointers, capacity);
    for (let i = 0; i < capacity; i++) pointers[i] = at(seqIds + i * 4);

    this.struct = {
      n_tokens: 0,
      token: nEmbd === 0 ? at(tokens) : null,
      embd: nEmbd === 0 ? null : at(vectors),
      pos: at(positions),
      n_seq_id: at(seqIdCounts),
      seq_id: at(seqIdPointers),
      logits: at(wantsLogits),
    };
  }

  get length(): number {
    return this.struct.n_tokens;
  }

  clear(): void {
    this.struct.n_tokens = 0;
  }

  /** Appends one token and returns its index in the batch. */
  add(token: number, position: number, seqId: number, wantsLogits: boolean): number {
    const i = this.struct.n_tokens;
    if (i >= this.capacity) throw new RangeError('batch is full');
    this.#tokens[i] = token;
    this.#positions[i] = position;
    this.#seqIds[i] = seqId;
    this.#wantsLogits[i] = wantsLogits ? 1 : 0;
    this.struct.n_tokens = i + 1;
    return i;
  }

  /** Float32Array // [nEmbd], of the token at this index, to be written to */
  vector(index: number): Float32Array {
    return this.#vectors.subarray(index * this.#nEmbd, (index + 1) * this.#nEmbd);
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }
}
