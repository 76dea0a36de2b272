/** Picks the best few of a hundred thousand logits without sorting them all. */

/** Index of the greatest value; the first of equals. */
export function argmax(values: Float32Array): number {
  let best = 0;
  let bestValue = values[0]!; // the caller has at least one token
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!; // in range
    if (value > bestValue) {
      bestValue = value;
      best = i;
    }
  }
  return best;
}

/** Reusable memory for selections of up to `capacity` values. */
export class TopK {
  /** Int32Array // [capacity]; after `select` the indices of the best, falling by value, equals by index. */
  readonly indices: Int32Array;
  /** Float32Array // [capacity]; their values. */
  readonly values: Float32Array;

  constructor(capacity: number) {
    this.indices = new Int32Array(capacity);
    this.values = new Float32Array(capacity);
  }

  get capacity(): number {
    return this.indices.length;
  }

  /** Selects the `k` greatest of `all` and returns how many there are: fewer than `k` only when `all` is shorter. */
  select(all: Float32Array, k: number): number {
    const { indices, values } = this;
    const count = Math.min(k, all.length, indices.length);
    if (count <= 0) return 0;
    // A heap with the least of the chosen on top: almost every further value is compared with it once and passed by.
    for (let i = 0; i < count; i++) {
      indices[i] = i;
      values[i] = all[i]!; // in range
    }
    for (let i = (count >> 1) - 1; i >= 0; i--) this.#siftDown(i, count);
    let least = values[0]!; // count > 0
    const { length } = all;
    for (let i = count; i < length; i++) {
      const value = all[i]!; // in range
      if (value > least) {
        values[0] = value;
        indices[0] = i;
        this.#siftDown(0, count);
        least = values[0]!; // count > 0
      }
    }
    this.#sort(count);
    return count;
  }

  /** Orders before: smaller value, or the later of equals. */
  #isLess(a: number, b: number): boolean {
    const va = this.values[a]!; // in range
    const vb = this.values[b]!;
    return va < vb || (va === vb && this.indices[a]! > this.indices[b]!);
  }

  #swap(a: number, b: number): void {
    const { indices, values } = this;
    const index = indices[a]!; // in range
    const value = values[a]!;
    indices[a] = indices[b]!;
    values[a] = values[b]!;
    indices[b] = index;
    values[b] = value;
  }

  #siftDown(start: number, count: number): void {
    let parent = start;
    for (;;) {
      let least = parent;
      const left = 2 * parent + 1;
      if (left < count && this.#isLess(left, least)) least = left;
      if (left + 1 < count && this.#isLess(left + 1, least)) least = left + 1;
      if (least === parent) return;
      this.#swap(parent, least);
      parent = least;
    }
  }

  /** Heap sort: the least goes to the end. */
  #sort(count: number): void {
    for (let end = count - 1; end > 0; end--) {
      this.#swap(0, end);
      this.#siftDown(0, end);
    }
  }
}
