/** The candidate tokens of one sampling step, in the C struct that llama.cpp's samplers take. */
import { NativeBuffer } from './native-buffer.ts';
import { layoutOf, type Pointer } from './structs.ts';

const headBytes = layoutOf('llama_token_data_array').size;
const entryBytes = layoutOf('llama_token_data').size;
const entryWords = entryBytes / 4;

/** Words of `llama_token_data_array` as 32-bit integers (all supported platforms are little-endian and 64-bit). */
const sizeWord = 2;
const selectedWord = 4;
const sortedByte = 24;

export class Candidates implements Disposable {
  readonly capacity: number;
  readonly #memory: NativeBuffer;
  /** The struct's words; the first two are the address of the data. */
  readonly #head: Int32Array;
  readonly #sorted: Uint8Array;
  readonly #data: Pointer;
  readonly #dataAddress: BigUint64Array;
  readonly #dataLow: number;
  readonly #integers: Int32Array;
  readonly #floats: Float32Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#memory = new NativeBuffer(headBytes + capacity * entryBytes);
    const { bytes, pointer } = this.#memory;
    this.#head = new Int32Array(bytes, 0, headBytes / 4);
    this.#sorted = new Uint8Array(bytes, sortedByte, 1);
    this.#dataAddress = new BigUint64Array(bytes, 0, 1);
    this.#integers = new Int32Array(bytes, headBytes, capacity * entryWords);
    this.#floats = new Float32Array(bytes, headBytes, capacity * entryWords);
    this.#data = pointer + BigInt(headBytes);
    this.#dataAddress[0] = this.#data;
    this.#dataLow = this.#head[0]!; // the head has more words
  }

  /** Address of the `llama_token_data_array`. */
  get pointer(): Pointer {
    return this.#memory.pointer;
  }

  /**
   * The token that the last sampler of a chain chose; -1 = none, or one of probability zero. Samplers may have moved the
   * start of the array (XTC does).
   */
  get chosenToken(): number {
    const selected = this.#head[selectedWord]!; // fixed words
    const moved = ((this.#head[0]! - this.#dataLow) >>> 0) / entryBytes;
    const index = moved + selected;
    if (selected < 0 || !Number.isInteger(index) || index >= this.capacity) return -1;
    return this.logit(index) === Number.NEGATIVE_INFINITY ? -1 : this.token(index);
  }

  /** Starts over with `size` candidates, whose entries the caller sets. `sorted`: by falling logit. */
  reset(size: number, sorted: boolean): void {
    this.#dataAddress[0] = this.#data;
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
    for (let token = 0, word = 0; token < count; token++, word += entryWords) {
      integers[word] = token;
      floats[word + 1] = logits[token]!; // in range
      floats[word + 2] = 0;
    }
    this.reset(count, false);
  }

  /** The tokens that are not ruled out by a logit of minus infinity; returns how many there are. */
  setPossible(logits: Float32Array): number {
    let count = 0;
    for (let token = 0; token < logits.length; token++) {
      const logit = logits[token]!; // in range
      if (logit !== Number.NEGATIVE_INFINITY) this.set(count++, token, logit);
    }
    this.reset(count, false);
    return count;
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
