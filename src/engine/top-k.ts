/** Picks the best few of a hundred thousand logits without sorting them all. */

/**
 * Values compared in one go. Almost all are passed by, and one jump a group instead of one a value makes the scan of a
 * 128k vocabulary three times as fast in V8.
 */
const group = 8;

/** Index of the greatest value; the first of equals. */
export function argmax(values: Float32Array): number {
  const { length } = values;
  const grouped = length - (length % group);
  let best = 0;
  let bestValue = values[0]!; // the caller has at least one value; all indices below are in range
  const look = (start: number, end: number): void => {
    for (let i = start; i < end; i++) {
      const value = values[i]!;
      if (value > bestValue) {
        bestValue = value;
        best = i;
      }
    }
  };
  for (let i = 0; i < grouped; i += group) {
    if (hasGreater(values, i, bestValue)) look(i, i + group);
  }
  look(grouped, length);
  return best;
}

/** Whether one of the `group` values from `i` on is greater than `bound`. */
function hasGreater(values: Float32Array, i: number, bound: number): boolean {
  return (
    values[i]! > bound ||
    values[i + 1]! > bound ||
    values[i + 2]! > bound ||
    values[i + 3]! > bound ||
    values[i + 4]! > bound ||
    values[i + 5]! > bound ||
    values[i + 6]! > bound ||
    values[i + 7]! > bound
  );
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
    const { length } = all;
    const count = Math.min(k, length, indices.length);
    if (count <= 0) return 0;
    for (let i = 0; i < count; i++) {
      indices[i] = i;
      values[i] = all[i]!; // in range, as all indices below
    }
    // A heap with the least of the chosen on top: a further value is compared with that one only, and mostly loses.
    for (let i = (count >> 1) - 1; i >= 0; i--) siftDown(values, indices, i, count);
    let least = values[0]!;
    const look = (start: number, end: number): void => {
      for (let i = start; i < end; i++) {
        const value = all[i]!;
        if (value > least) {
          values[0] = value;
          indices[0] = i;
          siftDown(values, indices, 0, count);
          least = values[0]!;
        }
      }
    };
    const grouped = length - ((length - count) % group);
    for (let i = count; i < grouped; i += group) {
      if (hasGreater(all, i, least)) look(i, i + group);
    }
    look(grouped, length);
    for (let end = count - 1; end > 0; end--) {
      swap(values, indices, 0, end);
      siftDown(values, indices, 0, end);
    }
    return count;
  }
}

/** Whether entry `a` ranks below `b`: smaller value, or the later of equals. */
function isLess(values: Float32Array, indices: Int32Array, a: number, b: number): boolean {
  const va = values[a]!;
  const vb = values[b]!;
  return va < vb || (va === vb && indices[a]! > indices[b]!);
}

function swap(values: Float32Array, indices: Int32Array, a: number, b: number): void {
  const value = values[a]!;
  const index = indices[a]!;
  values[a] = values[b]!;
  indices[a] = indices[b]!;
  values[b] = value;
  indices[b] = index;
}

function siftDown(values: Float32Array, indices: Int32Array, start: number, count: number): void {
  for (let parent = start; ; ) {
    let least = parent;
    const left = 2 * parent + 1;
    if (left < count && isLess(values, indices, left, least)) least = left;
    if (left + 1 < count && isLess(values, indices, left + 1, least)) least = left + 1;
    if (least === parent) return;
    swap(values, indices, parent, least);
    parent = least;
  }
}
