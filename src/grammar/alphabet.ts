/** Cuts sets of characters into intervals that no set tells apart. */
import type { CharSet } from './char-set.ts';

export interface Alphabet {
  /** First characters of the intervals, ascending; the last one only marks the end. */
  readonly bounds: readonly number[];
  /** The intervals of a set, which must be one of those that made the alphabet. */
  readonly intervalsOf: (set: CharSet) => readonly number[];
}

export function alphabetOf(sets: readonly CharSet[]): Alphabet {
  const starts = new Set(sets.flatMap((set) => set.flatMap(([first, last]) => [first, last + 1])));
  const bounds = [...starts].sort((a, b) => a - b);
  const indices = new Map(bounds.map((bound, i) => [bound, i]));
  const intervalsOf = (set: CharSet): readonly number[] =>
    set.flatMap(([first, last]) => {
      const from = indices.get(first)!;
      return Array.from({ length: indices.get(last + 1)! - from }, (_, i) => from + i);
    });
  return { bounds, intervalsOf };
}
