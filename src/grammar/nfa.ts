/** Nondeterministic automata of regular expressions (Thompson's construction). */
import type { Transition } from './automaton.ts';
import type { Regex } from './regex.ts';

export class Nfa {
  /** Transitions of each state that read a character. */
  readonly edges: Transition[][] = [];
  /** Transitions of each state that read nothing. */
  readonly empty: number[][] = [];
  readonly start: number;
  readonly end: number;
  readonly #onState: () => void;

  /** `onState` is told of every new state, and may throw. */
  constructor(regex: Regex, onState: () => void) {
    this.#onState = onState;
    this.start = this.#state();
    this.end = this.#state();
    this.#add(regex, this.start, this.end);
  }

  /** The states that can be reached from some without reading anything, themselves included, in ascending order. */
  closure(states: Iterable<number>): readonly number[] {
    const seen = new Set(states);
    for (const state of seen) for (const next of this.empty[state]!) seen.add(next);
    return [...seen].sort((a, b) => a - b);
  }

  #state(): number {
    this.#onState();
    this.empty.push([]);
    return this.edges.push([]) - 1;
  }

  #add(regex: Regex, from: number, to: number): void {
    switch (regex.kind) {
      case 'set':
        this.edges[from]!.push({ set: regex.set, to });
        break;
      case 'concat':
        this.empty[regex.items.reduce((state, item) => this.#append(item, state), from)]!.push(to);
        break;
      case 'union':
        for (const item of regex.items) this.#add(item, from, to);
        break;
      case 'repeat':
        this.#repeat(regex.item, regex.min, regex.max, from, to);
        break;
    }
  }

  #append(item: Regex, from: number): number {
    const next = this.#state();
    this.#add(item, from, next);
    return next;
  }

  #repeat(item: Regex, min: number, max: number, from: number, to: number): void {
    // A state of its own, so that the loop does not return into what stands before it.
    let current = this.#state();
    this.empty[from]!.push(current);
    for (let i = 0; i < min; i++) current = this.#append(item, current);
    if (max === Number.POSITIVE_INFINITY) {
      this.#add(item, current, current);
    } else {
      for (let i = min; i < max; i++) {
        this.empty[current]!.push(to);
        current = this.#append(item, current);
      }
    }
    this.empty[current]!.push(to);
  }
}
