/** Makes automata from patterns, lengths and lists, and combines them; all the work for one schema is counted together. */
import { alphabetOf } from './alphabet.ts';
import { type Automaton, anyText, type Transition } from './automaton.ts';
import { anyChar, type CharSet, intersect, subtract, unite } from './char-set.ts';
import { stateClasses } from './minimize.ts';
import { Nfa } from './nfa.ts';
import { type PatternBranch, parsePattern, type Regex } from './regex.ts';
import { tooLarge } from './unsupported.ts';

/** States that one constraint may need; the grammar has a rule for most of them. */
const maxStates = 8000;
const maxNfaStates = 20_000;
/** About a second; ordinary schemas stay under a tenth of it. */
const maxWork = 3_000_000;

export class Automata {
  readonly #patterns = new Map<string, Automaton>();
  #work = 0;

  /** The texts in which a pattern matches somewhere; the same object for the same pattern. Throws RegexError. */
  pattern(source: string): Automaton {
    let automaton = this.#patterns.get(source);
    if (automaton === undefined) {
      automaton = this.#branches(parsePattern(source));
      this.#patterns.set(source, automaton);
    }
    return automaton;
  }

  /** The given texts. */
  texts(texts: readonly string[]): Automaton {
    const items = texts.map((text): Regex => {
      const characters = [...text].map((character) => character.codePointAt(0)!);
      return { kind: 'concat', items: characters.map((c): Regex => ({ kind: 'set', set: [[c, c]] })) };
    });
    return this.#regex({ kind: 'union', items });
  }

  /** Texts of `min` to `max` characters; `max` may be Infinity. */
  length(min: number, max: number): Automaton {
    return this.#regex({ kind: 'repeat', item: { kind: 'set', set: anyChar }, min, max });
  }

  /** The texts that all accept; any text when there are none. */
  intersection(automata: readonly Automaton[]): Automaton {
    return automata.length === 0 ? anyText : automata.reduce((a, b) => this.#intersect(a, b));
  }

  /** The texts that some accept; none when there are none. */
  union(automata: readonly Automaton[]): Automaton {
    const [only] = automata;
    if (automata.length === 1 && only !== undefined) return only;
    // De Morgan: intersection is what there is.
    return this.complement(this.intersection(automata.map((automaton) => this.complement(automaton))));
  }

  /** The texts that an automaton does not accept. */
  complement(automaton: Automaton): Automaton {
    const dead = automaton.transitions.length;
    const transitions = automaton.transitions.map((edges) => {
      const rest = subtract(anyChar, unite(...edges.map(({ set }) => set)));
      return rest.length === 0 ? edges : [...edges, { set: rest, to: dead }];
    });
    transitions.push([{ set: anyChar, to: dead }]);
    const accepting = [...automaton.accepting.map((accepts) => !accepts), true];
    return this.trim({ transitions, accepting });
  }

  /** Removes states from which no text can be completed, and merges equal ones. */
  trim(automaton: Automaton): Automaton {
    const { transitions, accepting } = automaton;
    const live = liveStates(automaton);
    const classes = stateClasses(automaton, live, (amount) => this.#spend(amount));
    return this.#explore(
      0,
      (state) => String(classes[state]),
      (state) => accepting[state]!,
      (state) => {
        const byClass = new Map<number, { sets: CharSet[]; to: number }>();
        for (const { set, to } of transitions[state]!) {
          if (!live.has(to)) continue;
          const group = byClass.get(classes[to]!) ?? { sets: [], to };
          group.sets.push(set);
          byClass.set(classes[to]!, group);
        }
        return [...byClass.values()].map(({ sets, to }) => ({ set: unite(...sets), to }));
      },
    );
  }

  #branches(branches: readonly PatternBranch[]): Automaton {
    const plain = branches.filter(({ lookaheads }) => lookaheads.length === 0);
    const others = branches.filter(({ lookaheads }) => lookaheads.length > 0);
    const automata = others.map((branch) => this.#withLookaheads(branch));
    if (plain.length > 0) automata.push(this.#regex({ kind: 'union', items: plain.map(wholeText) }));
    return this.union(automata);
  }

  #withLookaheads(branch: PatternBranch): Automaton {
    const automata = branch.lookaheads.map(({ negative, branches }) => {
      // A lookahead is anchored where it stands, which is the start.
      const ahead = this.#branches(branches.map((inner) => ({ ...inner, atStart: true })));
      return negative ? this.complement(ahead) : ahead;
    });
    return this.intersection([this.#regex(wholeText(branch)), ...automata]);
  }

  #regex(regex: Regex): Automaton {
    let nStates = 0;
    const nfa = new Nfa(regex, () => {
      if (++nStates > maxNfaStates) throw tooComplex();
    });
    const closure = (states: Iterable<number>): readonly number[] => {
      const closed = nfa.closure(states);
      this.#spend(closed.length);
      return closed;
    };
    const automaton = this.#explore(
      closure([nfa.start]),
      (states) => states.join(),
      (states) => states.includes(nfa.end),
      (states) => {
        const edges = states.flatMap((state) => nfa.edges[state]!);
        return this.#splitEdges(edges).map(({ set, targets }) => ({ set, to: closure(targets) }));
      },
    );
    return this.trim(automaton);
  }

  /** Disjoint sets of characters, each with all the targets that the edges have for it. */
  #splitEdges(edges: readonly Transition[]): readonly { set: CharSet; targets: ReadonlySet<number> }[] {
    const { bounds, intervalsOf } = alphabetOf(edges.map(({ set }) => set));
    const targetsAt = bounds.map(() => new Set<number>());
    for (const { set, to } of edges) {
      const intervals = intervalsOf(set);
      this.#spend(intervals.length);
      for (const i of intervals) targetsAt[i]!.add(to);
    }
    const byTargets = new Map<string, { ranges: [number, number][]; targets: ReadonlySet<number> }>();
    for (const [i, targets] of targetsAt.entries()) {
      if (targets.size === 0) continue;
      this.#spend(targets.size);
      const key = [...targets].sort((a, b) => a - b).join();
      const group = byTargets.get(key) ?? { ranges: [], targets };
      group.ranges.push([bounds[i]!, bounds[i + 1]! - 1]);
      byTargets.set(key, group);
    }
    return [...byTargets.values()].map(({ ranges, targets }) => ({ set: unite(ranges), targets }));
  }

  #intersect(a: Automaton, b: Automaton): Automaton {
    const product = this.#explore<readonly [number, number]>(
      [0, 0],
      (pair) => pair.join(),
      ([i, j]) => a.accepting[i]! && b.accepting[j]!,
      ([i, j]) =>
        a.transitions[i]!.flatMap((fromA) =>
          b.transitions[j]!.flatMap((fromB) => {
            this.#spend(fromA.set.length + fromB.set.length);
            const set = intersect(fromA.set, fromB.set);
            return set.length === 0 ? [] : [{ set, to: [fromA.to, fromB.to] as const }];
          }),
        ),
    );
    return this.trim(product);
  }

  /** Numbers the states that can be reached from a start, in the order in which they are found. */
  #explore<State>(
    start: State,
    keyOf: (state: State) => string,
    isAccepting: (state: State) => boolean,
    edgesOf: (state: State) => readonly { readonly set: CharSet; readonly to: State }[],
  ): Automaton {
    const states = [start];
    const numbers = new Map([[keyOf(start), 0]]);
    const transitions: Transition[][] = [];
    for (const state of states) {
      const edges = edgesOf(state).map(({ set, to }) => {
        this.#spend(1);
        const key = keyOf(to);
        let number = numbers.get(key);
        if (number === undefined) {
          number = states.push(to) - 1;
          numbers.set(key, number);
          if (states.length > maxStates) throw tooComplex();
        }
        return { set, to: number };
      });
      transitions.push(edges);
    }
    return { transitions, accepting: states.map(isAccepting) };
  }

  #spend(amount: number): void {
    this.#work += amount;
    if (this.#work > maxWork) throw tooComplex();
  }
}

function tooComplex(): Error {
  return tooLarge('its patterns, formats and length bounds are too complex');
}

/** The whole texts in which a branch matches. */
function wholeText(branch: PatternBranch): Regex {
  const anything: Regex = {
    kind: 'repeat',
    item: { kind: 'set', set: anyChar },
    min: 0,
    max: Number.POSITIVE_INFINITY,
  };
  const items = [branch.body];
  if (!branch.atStart) items.unshift(anything);
  if (!branch.atEnd) items.push(anything);
  return { kind: 'concat', items };
}

/** States from which a text can be completed. */
function liveStates({ transitions, accepting }: Automaton): ReadonlySet<number> {
  const sources: number[][] = transitions.map(() => []);
  transitions.forEach((edges, from) => {
    for (const { to } of edges) sources[to]!.push(from);
  });
  const live = new Set(accepting.flatMap((isAccepting, state) => (isAccepting ? [state] : [])));
  for (const state of live) for (const source of sources[state]!) live.add(source);
  return live;
}
