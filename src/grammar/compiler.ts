/** Turns subschemas into grammar rules. */
import type { JsonValue } from '../types/json.ts';
import { admits } from './admits.ts';
import { type Conjunction, keyOf, type SchemaAnalysis } from './analysis.ts';
import { arrayBody } from './array-rules.ts';
import type { Automaton } from './automaton.ts';
import { stringRule, textRule } from './automaton-rules.ts';
import { type Constraint, generatedKinds } from './constraint.ts';
import {
  anyArray,
  anyBoolean,
  anyInteger,
  anyNumber,
  anyObject,
  anyString,
  anyText,
  anyValue,
  colon,
  comma,
  nullRule,
  spellingOf,
  whitespace,
} from './json-rules.ts';
import type { Kind } from './json-value.ts';
import { objectBody } from './object-rules.ts';
import type { Expression, RuleSet } from './rule-set.ts';
import { isKindSatisfiable } from './satisfiable.ts';
import { numberAutomaton, stringAutomaton } from './scalar-text.ts';
import { tooLarge } from './unsupported.ts';

const maxDepth = 100;

export class SchemaCompiler {
  readonly rules: RuleSet;
  readonly analysis: SchemaAnalysis;
  /** Rules of what has been compiled, or is being compiled: recursion ends here. */
  readonly #names = new Map<string, Expression>();
  /** Rules of numbers and strings by what is asked of them. */
  readonly #scalars = new Map<string, Expression>();
  readonly #automata = new Map<Automaton, number>();
  #depth = 0;

  constructor(rules: RuleSet, analysis: SchemaAnalysis) {
    this.rules = rules;
    this.analysis = analysis;
  }

  /** A rule for the values that satisfy all the schemas; there must be some. `hint`: what to call it. */
  compile(nodes: Conjunction, hint: string): Expression {
    const key = keyOf(nodes);
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    if (++this.#depth > maxDepth) throw tooLarge('it nests too deeply');
    const branches = this.analysis.branchesOf(nodes);
    const expression =
      branches === undefined ? this.#compileOwn(nodes, key, hint) : this.#union(branches, hint);
    this.#names.set(key, expression);
    this.#depth--;
    return expression;
  }

  /** A schema that only offers others: each is a rule of its own, shared by all who offer it. */
  #union(branches: readonly Conjunction[], hint: string): Expression {
    const rules = branches.map((branch) => this.compile(branch, hint));
    const [only] = rules;
    return rules.length === 1 && only !== undefined
      ? only
      : this.rules.rule(hint, [...new Set(rules)].join(' | '));
  }

  #compileOwn(nodes: Conjunction, key: string, hint: string): Expression {
    const constraints = this.analysis.expand(nodes);
    const mayRecur = constraints.some((constraint) => {
      if (constraint.values !== undefined || isAnything(constraint)) return false;
      const kinds = generatedKinds(constraint);
      return kinds.has('array') || kinds.has('object');
    });
    const name = mayRecur ? this.rules.declare(hint) : undefined;
    if (name !== undefined) this.#names.set(key, name);
    const alternatives = [
      ...new Set(constraints.flatMap((constraint) => this.#alternatives(constraint, hint))),
    ];
    const body = alternatives.join(' | ');
    if (name !== undefined) {
      this.rules.define(name, body);
      return name;
    }
    return alternatives.length === 1 && /^[a-zA-Z0-9-]+$/.test(body) ? body : this.rules.rule(hint, body);
  }

  #alternatives(constraint: Constraint, hint: string): readonly Expression[] {
    if (constraint.values !== undefined) {
      const values = constraint.values.filter((value) => admits(constraint, value, this.analysis));
      return values.map((value) => this.#value(value));
    }
    if (isAnything(constraint)) return [anyValue(this.rules)];
    const kinds = [...generatedKinds(constraint)];
    return kinds
      .filter((kind) => isKindSatisfiable(kind, constraint, this.analysis))
      .map((kind) => this.#kind(kind, constraint, kinds.length > 1 ? `${hint}-${kind}` : hint));
  }

  #kind(kind: Kind, constraint: Constraint, hint: string): Expression {
    switch (kind) {
      case 'null':
        return nullRule(this.rules);
      case 'boolean':
        return anyBoolean(this.rules);
      case 'number':
        return this.#number(constraint, hint);
      case 'string':
        return this.#string(constraint, hint);
      case 'array':
        return isPlainArray(constraint) ? anyArray(this.rules) : arrayBody(this, constraint.array, hint);
      case 'object':
        return isPlainObject(constraint) ? anyObject(this.rules) : objectBody(this, constraint.object, hint);
    }
  }

  #number({ number }: Constraint, hint: string): Expression {
    const { automata } = this.analysis;
    const key = `number ${JSON.stringify(number)}`;
    return this.#scalar(key, () => {
      const automaton = numberAutomaton(number, automata);
      if (automaton !== undefined) return textRule(this.rules, automaton, hint);
      return number.integer ? anyInteger(this.rules) : anyNumber(this.rules);
    });
  }

  #string({ string }: Constraint, hint: string): Expression {
    const { minLength, maxLength, texts } = string;
    if (texts.length === 0) {
      if (minLength === 0 && maxLength === Number.POSITIVE_INFINITY) return anyString(this.rules);
      return this.rules.rule(hint, anyText(this.rules, minLength, maxLength));
    }
    const { automata } = this.analysis;
    const key = `string ${minLength} ${maxLength} ${texts.map(({ automaton }) => this.#numberOf(automaton)).join()}`;
    return this.#scalar(key, () =>
      stringRule(this.rules, stringAutomaton(string, automata)!, hint, automata),
    );
  }

  #scalar(key: string, write: () => Expression): Expression {
    let expression = this.#scalars.get(key);
    if (expression === undefined) {
      expression = write();
      this.#scalars.set(key, expression);
    }
    return expression;
  }

  /** Automata of one pattern are one object. */
  #numberOf(automaton: Automaton): number {
    const number = this.#automata.get(automaton) ?? this.#automata.size;
    this.#automata.set(automaton, number);
    return number;
  }

  /** Exactly one value; inside arrays and objects, whitespace is free. */
  #value(value: JsonValue): Expression {
    const { scalar, key: keyOf } = spellingOf(this.rules);
    if (typeof value !== 'object' || value === null) return scalar(value);
    const [open, close] = Array.isArray(value) ? ['"["', '"]"'] : ['"{"', '"}"'];
    const parts = Array.isArray(value)
      ? value.map((item) => this.#value(item))
      : Object.entries(value).map(([key, item]) => {
          return `${keyOf(key)} ${colon(this.rules)} ${this.#value(item)}`;
        });
    const ws = whitespace(this.rules);
    if (parts.length === 0) return `${open} ${ws} ${close}`;
    return `${open} ${ws} ${parts.join(` ${comma(this.rules)} `)} ${ws} ${close}`;
  }
}

/** No keyword says anything. */
function isAnything(constraint: Constraint): boolean {
  return constraint.kinds === undefined && constraint.mentioned.size === 0 && constraint.values === undefined;
}

function isPlainArray({ array }: Constraint): boolean {
  return (
    array.facets.length === 0 &&
    array.minItems === 0 &&
    array.maxItems === Number.POSITIVE_INFINITY &&
    array.unique === undefined
  );
}

function isPlainObject({ object }: Constraint): boolean {
  return (
    object.facets.length === 0 &&
    object.required.length === 0 &&
    object.names.length === 0 &&
    object.minProperties === 0 &&
    object.maxProperties === Number.POSITIVE_INFINITY &&
    !object.closed
  );
}
