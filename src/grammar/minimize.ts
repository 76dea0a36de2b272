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
  const nStates = automaton.transitions.length;
  const columns = targetColumns(automaton, live);
  if (columns === undefined) return automaton.transitions.map((_, state) => state);
  let classes = automaton.accepting.map(Number);
  for (let count = 0; ; ) {
    let nClasses = 0;
    for (const targets of columns) {
      spend(nStates);
      // States stay together when they were and their targets are.
      const numbers = new Map<number, number>();
      const current = classes;
      classes = current.map((own, state) => {
        const target = targets[state]!;
        const key = own * (nStates + 1) + (target < 0 ? nStates : current[target]!);
        const number = numbers.get(key) ?? numbers.size;
        numbers.set(key, number);
        return number;
      });
      nClasses = numbers.size;
    }
    if (nClasses === count) return classes;
    count = nClasses;
  }
}

/**
 * For each interval of characters the target of every state, -1 = none that leads anywhere; intervals that no state tells apart
 * are one. Undefined when the table would be too large.
 */
function targetColumns(automaton: Automaton, live: ReadonlySet<number>): readonly Int32Array[] | undefined {
  const { transitions } = automaton;
  const { bounds, intervalsOf } = alphabetOf(transitions.flatMap((edges) => edges.map(({ set }) => set)));
  if (transitions.length * bounds.length > maxTableSize) return undefined;
  const columns = bounds.map(() => new Int32Array(transitions.length).fill(-1));
  transitions.forEach((edges, state) => {
    for (const { set, to } of edges) {
      if (live.has(to)) for (const interval of intervalsOf(set)) columns[interval]![state] = to;
    }
  });
  return [...new Map(columns.map((column) => [column.join(), column])).values()];
}
