/** Cuts sets of characters into intervals that no set tells apart. */
import type { CharSet } from './char-set.ts';

export interface Alphabet {
  /** First characters of the intervals, ascending; the last one only marks the end. */
  readonly bounds: readonly number[];
  /** The intervals of a set, which must be one of those that made the alphabet. */
  readonly intervalsOf: (set: CharSet) => readonly number[];
}

export function alphabetOf(sets: readonly CharSet[]): Alphabet {
  const starts = new Set<number>();
  for (const set of sets) {
    for (const [first, last] of set) starts.add(first).add(last + 1);
  }
  const bounds = [...starts].sort((a, b) => a - b);
  const indices = new Map(bounds.map((bound, i) => [bound, i]));
  const intervalsOf = (set: CharSet): readonly number[] => {
    const intervals: number[] = [];
    for (const [first, last] of set) {
      const end = indices.get(last + 1)!;
      for (let i = indices.get(first)!; i < end; i++) intervals.push(i);
    }
    return intervals;
  };
  return { bounds, intervalsOf };
}
