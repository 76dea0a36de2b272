/** Picks the best few of a hundred thousand logits without sorting them all. */
import { GroupMax, groupSize } from './group-max.ts';

/** Up to this share of the groups it pays to look into the best groups only. */
const maxGroupShare = 1 / 4;

/** Reusable memory for selections of up to `capacity` out of `nValues` values. */
export class TopK {
  /** Int32Array // [capacity]; after `select` the indices of the best, falling by value, equals by index. */
  readonly indices: Int32Array;
  /** Float32Array // [capacity]; their values. */
  readonly values: Float32Array;
  readonly #nValues: number;
  readonly #groups: GroupMax | undefined;

  constructor(capacity: number, nValues: number) {
    this.indices = new Int32Array(capacity);
    this.values = new Float32Array(capacity);
    this.#nValues = nValues;
    this.#groups = GroupMax.create(nValues);
  }

  get capacity(): number {
    return this.indices.length;
  }

  /** Index of the greatest value; the first of equals. `all` has `nValues` values. */
  best(all: Float32Array): number {
    this.select(all, 1);
    return this.indices[0]!; // there is one
  }

  /** Selects the `k` greatest of `all` and returns how many there are: `k`, or the capacity where that is less. */
  select(all: Float32Array, k: number): number {
    const count = Math.min(k, this.#nValues, this.indices.length);
    if (count <= 0) return 0;
    const { indices, values } = this;
    const groups = this.#groups;
    if (groups !== undefined && count <= groups.maxima.length * maxGroupShare) {
      groups.compute(all);
      // The k-th greatest value is not less than the k-th greatest maximum, so other groups need no look.
      keepBest(groups.maxima, 0, groups.maxima.length, { indices, values, count, nHeld: 0 });
      const bound = values[0]!; // the least of them is on top of the heap
      const heap: Heap = { indices, values, count, nHeld: 0 };
      for (let group = 0; group < groups.maxima.length; group++) {
        if (groups.maxima[group]! < bound) continue; // in range
        const start = group * groupSize;
        keepBest(all, start, Math.min(start + groupSize, this.#nValues), heap);
      }
    } else {
      keepBest(all, 0, this.#nValues, { indices, values, count, nHeld: 0 });
    }
    for (let end = count - 1; end > 0; end--) {
      swap(values, indices, 0, end);
      siftDown(values, indices, 0, end);
    }
    return count;
  }
}

/** The best values so far, the least of them on top once `count` are held. */
interface Heap {
  readonly indices: Int32Array;
  readonly values: Float32Array;
  readonly count: number;
  nHeld: number;
}

/** Offers the values of [start, end) to the heap, later calls with later values. */
function keepBest(all: Float32Array, start: number, end: number, heap: Heap): void {
  const { indices, values, count } = heap;
  let i = start;
  if (heap.nHeld < count) {
    for (; i < end && heap.nHeld < count; i++, heap.nHeld++) {
      indices[heap.nHeld] = i;
      values[heap.nHeld] = all[i]!; // in range, as all indices below
    }
    if (heap.nHeld < count) return;
    for (let parent = (count >> 1) - 1; parent >= 0; parent--) siftDown(values, indices, parent, count);
  }
  let least = values[0]!;
  for (; i < end; i++) {
    const value = all[i]!;
    if (value > least) {
      values[0] = value;
      indices[0] = i;
      siftDown(values, indices, 0, count);
      least = values[0]!;
    }
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
