/** Finds the states of an automaton that accept the same texts (Moore's refinement). */
import { alphabetOf } from './alphabet.ts';
import type { Automaton } from './automaton.ts';

/** Entries of the table of states and characters, beyond which merging states costs more than it saves. */
const maxTableSize = 200_000;

/** A number for each state, the same for equal ones; only states in `live` can lead to a text. */
export function stateClasses(
  automaton: Automaton,
  live: ReadonlySet<number>,
  spend: (amount: number) => void,
): readonly number[] {
  const { transitions, accepting } = automaton;
  const { bounds, intervalsOf } = alphabetOf(transitions.flatMap((edges) => edges.map(({ set }) => set)));
  const width = bounds.length;
  if (transitions.length * width > maxTableSize) return transitions.map((_, state) => state);
  // The target of each state for each interval; -1 = none that leads anywhere.
  const table = transitions.map((edges) => {
    const row = new Int32Array(width).fill(-1);
    for (const { set, to } of edges) if (live.has(to)) for (const i of intervalsOf(set)) row[i] = to;
    return row;
  });
  let classes = accepting.map(Number);
  for (let count = 0; ; ) {
    spend(transitions.length * (width + 1));
    const current = classes;
    const numbers = new Map<string, number>();
    classes = table.map((row, state) => {
      const targets = row.map((to) => (to < 0 ? -1 : current[to]!));
      const key = `${current[state]}:${targets.join()}`;
      const number = numbers.get(key) ?? numbers.size;
      numbers.set(key, number);
      return number;
    });
    if (numbers.size === count) return classes;
    count = numbers.size;
  }
}
