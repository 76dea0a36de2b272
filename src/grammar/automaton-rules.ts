/** Writes automata as right-linear rules: each state is one rule, so that matching never keeps more than one way open. */
import type { Automata } from './automata.ts';
import { type Automaton, isEmpty, type Transition, textsOf } from './automaton.ts';
import { anyChar, type CharSet, subtract } from './char-set.ts';
import { spellingOf } from './json-rules.ts';
import { charClass, type Expression, type RuleSet } from './rule-set.ts';
import { unsupported } from './unsupported.ts';

/** How characters and the end of the text are written. */
interface Notation {
  /** An expression of one character of the set. */
  readonly character: (set: CharSet) => Expression;
  readonly end: Expression;
}

/**
 * The accepted texts as strings, quotes included. Texts with characters that strings can do without, such as control characters
 * that have no short escape, are left out if there are others. The automaton must accept something.
 */
export function stringRule(
  rules: RuleSet,
  automaton: Automaton,
  hint: string,
  automata: Automata,
): Expression {
  const ways = spellingOf(rules).quotes.map(({ quote, character, avoided }) => {
    const common = automata.intersection([automaton, textsOf(subtract(anyChar, avoided))]);
    const notation = { character, end: quote };
    const writer = new AutomatonWriter(rules, isEmpty(common) ? automaton : common, notation, hint);
    return `${quote} ${writer.write()}`;
  });
  return rules.rule(hint, ways.join(' | '));
}

/** The accepted texts as names of members. Throws `unsupported_schema` when no such name can be written. */
export function keyRule(rules: RuleSet, automaton: Automaton, hint: string, automata: Automata): Expression {
  const { keyChars } = spellingOf(rules);
  if (keyChars === undefined) return stringRule(rules, automaton, hint, automata);
  const bare = automata.intersection([
    automaton,
    textsOf(keyChars),
    automata.length(1, Number.POSITIVE_INFINITY),
  ]);
  if (isEmpty(bare))
    throw unsupported('patternProperties', '#', 'asks for names that this model cannot write');
  return textRule(rules, bare, hint);
}

/** The accepted texts as they are. */
export function textRule(rules: RuleSet, automaton: Automaton, hint: string): Expression {
  return new AutomatonWriter(rules, automaton, { character: charClass, end: emptyText }, hint).write();
}

/** After a `|`, llama.cpp would read on in the next line. */
const emptyText = '""';

class AutomatonWriter {
  readonly #rules: RuleSet;
  readonly #automaton: Automaton;
  readonly #notation: Notation;
  readonly #hint: string;
  /** How many transitions lead to each state. */
  readonly #nSources: number[];
  readonly #names = new Map<number, string>();
  readonly #pending: number[] = [];

  constructor(rules: RuleSet, automaton: Automaton, notation: Notation, hint: string) {
    this.#rules = rules;
    this.#automaton = automaton;
    this.#notation = notation;
    this.#hint = hint;
    this.#nSources = automaton.transitions.map(() => 0);
    for (const edges of automaton.transitions) for (const { to } of edges) this.#nSources[to]!++;
  }

  write(): Expression {
    const start = this.#reference(0);
    for (let state = this.#pending.pop(); state !== undefined; state = this.#pending.pop()) {
      this.#rules.define(this.#names.get(state)!, this.#body(state));
    }
    return start;
  }

  #reference(state: number): string {
    let name = this.#names.get(state);
    if (name === undefined) {
      name = this.#rules.declare(`${this.#hint}-${state}`);
      this.#names.set(state, name);
      this.#pending.push(state);
    }
    return name;
  }

  #body(state: number): string {
    const alternatives = this.#automaton.transitions[state]!.map((edge) => this.#path(edge));
    // First, since llama.cpp takes an empty alternative at the end of a line for a rule that goes on in the next one.
    if (this.#automaton.accepting[state]) alternatives.unshift(this.#notation.end);
    return alternatives.join(' | ');
  }

  /** A transition, and those after it as long as there is only one way on. */
  #path(edge: Transition): string {
    const parts: string[] = [];
    let current = edge;
    for (;;) {
      parts.push(this.#notation.character(current.set));
      const edges = this.#automaton.transitions[current.to]!;
      const accepting = this.#automaton.accepting[current.to]!;
      if (accepting && edges.length === 0)
        return [...parts, ...(this.#notation.end === emptyText ? [] : [this.#notation.end])].join(' ');
      const [only] = edges;
      if (accepting || only === undefined || edges.length > 1 || this.#nSources[current.to] !== 1) {
        return [...parts, this.#reference(current.to)].join(' ');
      }
      current = only;
    }
  }
}
