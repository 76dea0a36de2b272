/** The candidate tokens of one sampling step, in the C struct that llama.cpp's samplers take. */
import { NativeBuffer } from './native-buffer.ts';
import { layoutOf, type Pointer } from './structs.ts';

const headBytes = layoutOf('llama_token_data_array').size;
const entryWords = layoutOf('llama_token_data').size / 4;

/** Words of `llama_token_data_array` as 32-bit integers (all supported platforms are little-endian and 64-bit). */
const sizeWord = 2;
const selectedWord = 4;
const sortedByte = 24;

export class Candidates implements Disposable {
  readonly capacity: number;
  readonly #memory: NativeBuffer;
  readonly #head: Int32Array;
  readonly #sorted: Uint8Array;
  readonly #data: Pointer;
  readonly #dataWord: BigUint64Array;
  readonly #integers: Int32Array;
  readonly #floats: Float32Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#memory = new NativeBuffer(headBytes + capacity * entryWords * 4);
    const { bytes, pointer } = this.#memory;
    this.#head = new Int32Array(bytes, 0, headBytes / 4);
    this.#sorted = new Uint8Array(bytes, sortedByte, 1);
    this.#dataWord = new BigUint64Array(bytes, 0, 1);
    this.#integers = new Int32Array(bytes, headBytes, capacity * entryWords);
    this.#floats = new Float32Array(bytes, headBytes, capacity * entryWords);
    this.#data = pointer + BigInt(headBytes);
    this.#dataWord[0] = this.#data;
  }

  /** Address of the `llama_token_data_array`. */
  get pointer(): Pointer {
    return this.#memory.pointer;
  }

  get size(): number {
    return this.#head[sizeWord] ?? 0;
  }

  /** Index of the chosen candidate; -1 = none yet. */
  get selected(): number {
    return this.#head[selectedWord] ?? -1;
  }

  /** Starts over with `size` candidates, whose entries the caller sets. `sorted`: by falling logit. */
  reset(size: number, sorted: boolean): void {
    this.#dataWord[0] = this.#data; // a sampler may have put another array there
    this.#head[sizeWord] = size;
    this.#head[sizeWord + 1] = 0;
    this.#head[selectedWord] = -1;
    this.#head[selectedWord + 1] = -1;
    this.#sorted[0] = sorted ? 1 : 0;
  }

  set(index: number, token: number, logit: number): void {
    const word = index * entryWords;
    this.#integers[word] = token;
    this.#floats[word + 1] = logit;
    this.#floats[word + 2] = 0;
  }

  /** All tokens in order of their ids. */
  setAll(logits: Float32Array): void {
    const integers = this.#integers;
    const floats = this.#floats;
    const count = logits.length;
    for (let token = 0, word = 0; token < count; token++, word += 3) {
      integers[word] = token;
      floats[word + 1] = logits[token]!; // in range
      floats[word + 2] = 0;
    }
    this.reset(count, false);
  }

  token(index: number): number {
    return this.#integers[index * entryWords] ?? -1;
  }

  logit(index: number): number {
    return this.#floats[index * entryWords + 1] ?? Number.NEGATIVE_INFINITY;
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }
}
