/** Rules of objects: members in the order in which they are declared, each at most once, required ones always. */
import { keyRule } from './automaton-rules.ts';
import type { SchemaCompiler } from './compiler.ts';
import type { ObjectConstraint } from './constraint.ts';
import { anyKey, colon, comma, spellingOf, whitespace } from './json-rules.ts';
import { type Member, type ObjectShape, objectShape } from './object-shape.ts';
import type { Expression } from './rule-set.ts';

/** A sequence, not a rule. The constraint must be satisfiable. */
export function objectBody(compiler: SchemaCompiler, constraint: ObjectConstraint, hint: string): Expression {
  return new ObjectWriter(compiler, objectShape(constraint, compiler.analysis), hint).write();
}

class ObjectWriter {
  readonly #compiler: SchemaCompiler;
  readonly #shape: ObjectShape;
  readonly #hint: string;

  constructor(compiler: SchemaCompiler, shape: ObjectShape, hint: string) {
    this.#compiler = compiler;
    this.#shape = shape;
    this.#hint = hint;
  }

  write(): Expression {
    const { rules } = this.#compiler;
    const ws = whitespace(rules);
    const { members, needsSome } = this.#shape;
    const contents = this.#contents();
    const isRequired = needsSome || members.some(({ required }) => required);
    const inner = contents === '' ? '' : isRequired ? ` ${contents} ${ws}` : ` (${contents} ${ws})?`;
    return `"{" ${ws}${inner} "}"`;
  }

  /** At least one member, from the last to the first: what may come next depends on what has been passed. */
  #contents(): Expression {
    const { rules } = this.#compiler;
    const { members } = this.#shape;
    const [extra, furtherExtras] = this.#extras();
    // `first`: a member must come now. `further`: one has been written, more may follow behind a comma.
    let first = [extra, furtherExtras].filter(Boolean).join(' ');
    let further = first === '' ? '' : optional(`${comma(rules)} ${first}`);
    for (const [i, member] of [...members.entries()].reverse()) {
      const written = [this.#member(member), further].filter(Boolean).join(' ');
      if (member.required) {
        first = written;
        further = `${comma(rules)} ${written}`;
      } else {
        const next = first === '' ? written : `${written} | ${first}`;
        const mustFollow = members.slice(i + 1).some(({ required }) => required);
        first = rules.rule(`${this.#hint}-from-${i}`, next);
        further = `${comma(rules)} ${first}`;
        if (!mustFollow) further = optional(further);
      }
      // Long runs are named, so that no text is repeated in each of the alternatives before it.
      if (further.length > maxInlineLength) further = rules.rule(`${this.#hint}-after-${i}`, further);
    }
    return first;
  }

  #member({ name, nodes }: Member): Expression {
    const value = this.#compiler.compile(nodes, `${this.#hint}-${name}`);
    const { rules } = this.#compiler;
    return `${spellingOf(rules).key(name)} ${colon(rules)} ${value}`;
  }

  /** One extra member, and those that may follow it; both empty when there are none. */
  #extras(): readonly [Expression, Expression] {
    const { extras, maxExtras } = this.#shape;
    if (maxExtras === 0) return ['', ''];
    const { rules } = this.#compiler;
    const alternatives = extras.map(({ names, nodes }) => {
      const name =
        names === undefined
          ? anyKey(rules)
          : keyRule(rules, names, `${this.#hint}-name`, this.#compiler.analysis.automata);
      return `${name} ${colon(rules)} ${this.#compiler.compile(nodes, `${this.#hint}-extra`)}`;
    });
    const extra = rules.rule(`${this.#hint}-extra-member`, alternatives.join(' | '));
    const next = rules.rule(`${this.#hint}-next-extra`, `${comma(rules)} ${extra}`);
    return [extra, rules.repeat(next, 0, maxExtras - 1, `${this.#hint}-next-extra`)];
  }
}

const maxInlineLength = 500;

function optional(expression: Expression): Expression {
  return `(${expression})?`;
}
