/** Writes automata as right-linear rules: each state is one rule, so that matching never keeps more than one way open. */
import type { Automata } from './automata.ts';
import { type Automaton, isEmpty, type Transition, textsOf } from './automaton.ts';
import { anyChar, type CharSet, charSet, hasChar, intersect, subtract, unite } from './char-set.ts';
import { charClass, type Expression, literal, type RuleSet } from './rule-set.ts';

/** How characters and the end of the text are written. */
interface Notation {
  /** An expression of one character of the set. */
  readonly character: (set: CharSet) => Expression;
  readonly end: Expression;
}

/**
 * The accepted texts as JSON strings, quotes included. Texts with control characters that have no short escape are left out, if
 * there are others. The automaton must accept something.
 */
export function stringRule(
  rules: RuleSet,
  automaton: Automaton,
  hint: string,
  automata: Automata,
): Expression {
  const common = automata.intersection([automaton, commonText]);
  const notation = { character: jsonCharacter, end: '"\\""' };
  const writer = new AutomatonWriter(rules, isEmpty(common) ? automaton : common, notation, hint);
  return rules.rule(hint, `"\\"" ${writer.write()}`);
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

const mustEscape = unite([[0, 0x1f]], charSet('"', '\\', '\x7f'));
const shortEscapes: readonly (readonly [string, string])[] = [
  ['"', '"'],
  ['\\', '\\'],
  ['\b', 'b'],
  ['\f', 'f'],
  ['\n', 'n'],
  ['\r', 'r'],
  ['\t', 't'],
];
const withoutShortEscape = subtract(mustEscape, charSet(...shortEscapes.map(([character]) => character)));
const commonText = textsOf(subtract(anyChar, withoutShortEscape));

/** One character as it stands in a JSON string. */
function jsonCharacter(set: CharSet): Expression {
  const alternatives: string[] = [];
  const plain = subtract(set, mustEscape);
  if (plain.length > 0) alternatives.push(charClass(plain));
  const letters = shortEscapes.filter(([character]) => hasChar(set, character.charCodeAt(0)));
  if (letters.length > 0) {
    const escaped = charSet(...letters.map(([, letter]) => letter));
    alternatives.push(`"\\\\" ${charClass(escaped)}`);
  }
  for (const [first, last] of intersect(set, withoutShortEscape)) {
    for (let codePoint = first; codePoint <= last; codePoint++) {
      alternatives.push(literal(`\\u${codePoint.toString(16).padStart(4, '0')}`));
    }
  }
  const [only] = alternatives;
  return alternatives.length === 1 && only !== undefined ? only : `(${alternatives.join(' | ')})`;
}
