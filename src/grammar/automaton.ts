/** Deterministic finite automata over characters: what a text may be. */
import { anyChar, type CharSet, hasChar, noChar } from './char-set.ts';

export interface Transition {
  readonly set: CharSet;
  readonly to: number;
}

/** State 0 is the start; a character without a transition leads nowhere. Sets of one state's transitions are disjoint. */
export interface Automaton {
  readonly transitions: readonly (readonly Transition[])[];
  readonly accepting: readonly boolean[];
}

/** Every text. */
export const anyText: Automaton = textsOf(anyChar);

/** No text, not even the empty one. */
export const neverText: Automaton = { transitions: [[]], accepting: [false] };

/** All texts of some characters. */
export function textsOf(set: CharSet): Automaton {
  return { transitions: [set === noChar ? [] : [{ set, to: 0 }]], accepting: [true] };
}

export function isEmpty(automaton: Automaton): boolean {
  return !automaton.accepting.includes(true);
}

export function accepts(automaton: Automaton, text: string): boolean {
  let state = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0)!;
    const next = automaton.transitions[state]!.find(({ set }) => hasChar(set, codePoint));
    if (next === undefined) return false;
    state = next.to;
  }
  return automaton.accepting[state]!;
}

/** Characters of the longest text; Infinity when there is no longest, -1 when there is none at all. */
export function longestText(automaton: Automaton): number {
  if (isEmpty(automaton)) return -1;
  // Every state leads to a text, so a cycle makes texts of any length.
  const nOpen = automaton.transitions.map(() => 0);
  for (const edges of automaton.transitions) for (const { to } of edges) nOpen[to]!++;
  if (nOpen[0]! > 0) return Number.POSITIVE_INFINITY;
  const lengths = automaton.transitions.map(() => 0);
  const ready = [0];
  for (const state of ready) {
    for (const { to } of automaton.transitions[state]!) {
      lengths[to] = Math.max(lengths[to]!, lengths[state]! + 1);
      if (--nOpen[to]! === 0) ready.push(to);
    }
  }
  return ready.length < lengths.length ? Number.POSITIVE_INFINITY : Math.max(...lengths);
}
