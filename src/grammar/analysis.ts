/** Answers questions about subschemas that apply together: what they ask for, whether anything satisfies them. */
import type { JsonValue } from '../types/json.ts';
import { admits } from './admits.ts';
import { Automata } from './automata.ts';
import { type Constraint, intersectConstraints, noConstraint } from './constraint.ts';
import { type Choice, type ReadSchema, readSchema } from './keywords.ts';
import { excludeOverlaps } from './one-of.ts';
import { isConstraintSatisfiable } from './satisfiable.ts';
import type { SchemaDocument, SchemaNode } from './schema-document.ts';
import { tooLarge, unsupported } from './unsupported.ts';
import { annotations } from './vocabulary.ts';

/** Subschemas that one value has to satisfy together. */
export type Conjunction = readonly SchemaNode[];

/** Alternatives that one place may have, after `anyOf` inside `allOf` and the like are multiplied out. */
const maxAlternatives = 500;
/** Expansions and questions that one schema may cost. */
const maxWork = 50_000;
const maxDepth = 100;

/** The same for the same set of nodes. */
export function keyOf(nodes: Conjunction): string {
  return [...new Set(nodes.map(({ pointer }) => pointer))].sort().join(' ');
}

export class SchemaAnalysis {
  readonly #document: SchemaDocument;
  /** Shared by all patterns of the schema, or of several, so that their cost is bounded together. */
  readonly automata: Automata;
  readonly #read = new Map<string, ReadSchema>();
  readonly #expanded = new Map<string, readonly Constraint[]>();
  readonly #satisfiable = new Map<string, boolean>();
  /** Conjunctions whose satisfiability is being asked for. */
  readonly #asking = new Set<string>();
  /** Set when an answer assumed that one of them is not satisfiable. */
  #assumed = false;
  #work = 0;

  constructor(document: SchemaDocument, automata = new Automata()) {
    this.#document = document;
    this.automata = automata;
  }

  /** The alternatives that a value may choose from; none = nothing satisfies the schemas. */
  expand(nodes: Conjunction): readonly Constraint[] {
    const key = keyOf(nodes);
    let constraints = this.#expanded.get(key);
    if (constraints === undefined) {
      constraints = this.#expand(nodes, new Set(), nodes.length > 1, 0);
      this.#expanded.set(key, constraints);
    }
    return constraints;
  }

  /**
   * The satisfiable schemas that a lone schema offers as alternatives (`anyOf`) or stands for (`$ref`), with no keyword of its own
   * beside them; undefined when it is not of that form.
   */
  branchesOf(nodes: Conjunction): readonly Conjunction[] | undefined {
    const [first] = nodes;
    if (nodes.length !== 1 || first === undefined || !this.#isTransparent(first)) return undefined;
    const targets = new Map<string, SchemaNode>();
    const seen = new Set<string>();
    const visit = (node: SchemaNode): void => {
      if (seen.has(node.pointer)) return;
      seen.add(node.pointer);
      if (!this.#isTransparent(node)) targets.set(node.pointer, node);
      else for (const inner of this.#innerNodes(node)) visit(inner);
    };
    visit(first);
    if (targets.size === 0) throw unsupported('$ref', `${first.pointer}/$ref`, 'refers to itself');
    return [...targets.values()].map((node) => [node]).filter((branch) => this.isSatisfiable(branch));
  }

  #isTransparent(node: SchemaNode): boolean {
    if (typeof node.schema === 'boolean') return false;
    const keywords = Object.keys(node.schema).filter((keyword) => !annotations.has(keyword));
    return keywords.length === 1 && (keywords[0] === '$ref' || keywords[0] === 'anyOf');
  }

  #innerNodes(node: SchemaNode): readonly SchemaNode[] {
    if (typeof node.schema === 'boolean') return [];
    const { reference, choices } = this.#readNode(node.schema, node.pointer);
    const inner = choices.flatMap(({ branches }) => branches);
    return reference === undefined ? inner : [this.#document.resolve(reference, node)];
  }

  /** Whether a finite value satisfies all the schemas. */
  isSatisfiable(nodes: Conjunction): boolean {
    const key = keyOf(nodes);
    const known = this.#satisfiable.get(key);
    if (known !== undefined) return known;
    if (this.#asking.has(key)) {
      // A value of least size does not contain itself.
      this.#assumed = true;
      return false;
    }
    this.spend();
    if (this.#asking.size > maxDepth) throw tooLarge('it nests too deeply');
    const outerAssumed = this.#assumed;
    this.#assumed = false;
    this.#asking.add(key);
    const answer = this.expand(nodes).some((constraint) => isConstraintSatisfiable(constraint, this));
    this.#asking.delete(key);
    // A negative answer that rests on an assumption only holds while the assumption does.
    if (answer || !this.#assumed || this.#asking.size === 0) this.#satisfiable.set(key, answer);
    this.#assumed = outerAssumed || (this.#assumed && !answer);
    return answer;
  }

  /** Whether a value satisfies all the schemas. */
  admits(nodes: Conjunction, value: JsonValue): boolean {
    this.spend();
    return this.expand(nodes).some((constraint) => admits(constraint, value, this));
  }

  /** Counts a piece of work against the limit. */
  spend(): void {
    if (++this.#work > maxWork) throw tooLarge('it is too complex');
  }

  /**
   * `active` holds the nodes whose choices are being expanded: a choice that leads back to itself adds nothing. `isInner`: other
   * schemas apply beside these.
   */
  #expand(
    nodes: Conjunction,
    active: ReadonlySet<string>,
    isInner: boolean,
    depth: number,
  ): readonly Constraint[] {
    if (depth > maxDepth) throw tooLarge('it nests too deeply');
    let base = noConstraint;
    const choices: { readonly choice: Choice; readonly owner: string }[] = [];
    const seen = new Set<string>();
    const queue = nodes.map((node) => ({ node, isInner }));
    for (const { node, isInner: inner } of queue) {
      this.spend();
      if (active.has(node.pointer) || node.schema === false) return [];
      if (node.schema === true || seen.has(node.pointer)) continue;
      seen.add(node.pointer);
      const read = this.#readNode(node.schema, node.pointer);
      if (read.isNever) return [];
      if (read.constraint.object.closed && inner) {
        throw unsupported(
          'unevaluatedProperties',
          node.pointer,
          'is only supported outside of allOf, anyOf and oneOf',
        );
      }
      base = intersectConstraints(base, read.constraint);
      queue.push(...read.all.map((child) => ({ node: child, isInner: true })));
      if (read.reference !== undefined) {
        queue.push({ node: this.#document.resolve(read.reference, node), isInner: inner });
      }
      choices.push(...read.choices.map((choice) => ({ choice, owner: node.pointer })));
    }
    return choices.reduce<readonly Constraint[]>(
      (alternatives, { choice, owner }) =>
        this.#choose(alternatives, choice, new Set([...active, owner]), depth),
      [base],
    );
  }

  #choose(
    alternatives: readonly Constraint[],
    choice: Choice,
    active: ReadonlySet<string>,
    depth: number,
  ): readonly Constraint[] {
    const branches = choice.branches.map((branch) => {
      const constraints = this.#expand([branch], active, true, depth + 1);
      const size = alternatives.length * constraints.length;
      if (size > maxAlternatives) throw tooLarge('its alternatives multiply to too many');
      return alternatives.flatMap((outer) => constraints.map((inner) => intersectConstraints(outer, inner)));
    });
    const chosen = choice.exclusive ? excludeOverlaps(branches, choice.pointer, this) : branches;
    if (chosen.flat().length > maxAlternatives) throw tooLarge('its alternatives multiply to too many');
    return chosen.flat();
  }

  #readNode(schema: Exclude<SchemaNode['schema'], boolean>, pointer: string): ReadSchema {
    let read = this.#read.get(pointer);
    if (read === undefined) {
      read = readSchema(schema, pointer, this.automata);
      this.#read.set(pointer, read);
    }
    return read;
  }
}
