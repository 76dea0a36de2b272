/** Which members the objects of a constraint may have. */
import type { Conjunction, SchemaAnalysis } from './analysis.ts';
import { type Automaton, accepts, anyText, isEmpty } from './automaton.ts';
import { generatedKinds, type ObjectConstraint, type ObjectFacet } from './constraint.ts';
import { stringAutomaton } from './scalar-text.ts';
import type { SchemaNode } from './schema-document.ts';
import { tooLarge, unsupported } from './unsupported.ts';

export interface ObjectShape {
  /** In the order in which they are declared. Unsatisfiable optional ones are left out. */
  readonly members: readonly Member[];
  /** Kinds of further members; names of different kinds never agree. */
  readonly extras: readonly Extra[];
  /** The most extras. */
  readonly maxExtras: number;
  /** At least one member, although none is required. */
  readonly needsSome: boolean;
  /** Some required member cannot be, or there are more than allowed. */
  readonly isNever: boolean;
}

export interface Member {
  readonly name: string;
  readonly required: boolean;
  readonly nodes: Conjunction;
}

export interface Extra {
  /** Undefined = any name. */
  readonly names: Automaton | undefined;
  readonly nodes: Conjunction;
}

/** Patterns of names whose combinations are told apart. */
const maxPatterns = 4;

/** The schemas that one schema gives to a property. */
export function namedSchemas(facet: ObjectFacet, name: string): Conjunction {
  const own = facet.properties.get(name);
  const nodes = facet.patterns.filter(({ automaton }) => accepts(automaton, name)).map(({ node }) => node);
  if (own !== undefined) nodes.unshift(own);
  return nodes.length === 0 && facet.additional !== undefined ? [facet.additional] : nodes;
}

/** Throws `unsupported_schema` for counts of properties that a grammar cannot keep. */
export function objectShape(constraint: ObjectConstraint, analysis: SchemaAnalysis): ObjectShape {
  const { facets, required, minProperties, maxProperties } = constraint;
  const declared = new Set([...facets.flatMap(({ properties }) => [...properties.keys()]), ...required]);
  const nameTexts = allowedNames(constraint, analysis);
  const all = [...declared].map((name): Member => {
    const nodes = facets.flatMap((facet) => namedSchemas(facet, name));
    return { name, required: required.includes(name), nodes };
  });
  const possible = all.filter(({ name, nodes }) => {
    return (nameTexts === undefined || accepts(nameTexts, name)) && analysis.isSatisfiable(nodes);
  });
  const nRequired = possible.filter((member) => member.required).length;
  const extras = extraMembers(constraint, declared, nameTexts, analysis);
  const isNever = nRequired < required.length || nRequired > maxProperties;
  if (!isNever && possible.length > maxProperties) {
    throw unsupported(
      'maxProperties',
      constraint.countPointer ?? '#',
      'is less than the number of properties',
    );
  }
  if (minProperties > Math.max(nRequired, 1)) {
    throw unsupported(
      'minProperties',
      constraint.countPointer ?? '#',
      'is more than the number of required properties',
    );
  }
  return {
    members: possible,
    extras,
    maxExtras: extras.length === 0 ? 0 : Math.max(0, maxProperties - possible.length),
    needsSome: minProperties > nRequired,
    isNever,
  };
}

/** Texts that `propertyNames` allows; undefined = all. */
function allowedNames({ names }: ObjectConstraint, analysis: SchemaAnalysis): Automaton | undefined {
  if (names.length === 0) return undefined;
  const { automata } = analysis;
  const alternatives = analysis.expand(names).flatMap((constraint) => {
    if (!generatedKinds(constraint).has('string') && constraint.kinds !== undefined) return [];
    const texts = stringAutomaton(constraint.string, automata) ?? anyText;
    const values = constraint.values?.filter((value) => typeof value === 'string');
    return [values === undefined ? texts : automata.intersection([texts, automata.texts(values)])];
  });
  return automata.union(alternatives);
}

/**
 * Members that no schema names. They are only made where a schema speaks of them: `additionalProperties: true` or a schema,
 * `patternProperties`, or no properties at all.
 */
function extraMembers(
  { facets, closed }: ObjectConstraint,
  declared: ReadonlySet<string>,
  nameTexts: Automaton | undefined,
  analysis: SchemaAnalysis,
): readonly Extra[] {
  const { automata } = analysis;
  const isOpen = facets.length === 0 && declared.size === 0 && !closed;
  const patterns = facets.flatMap((facet) => facet.patterns);
  if (patterns.length > maxPatterns) throw tooLarge('it has too many patterns of property names');
  const restrictions = nameTexts === undefined ? [] : [nameTexts];
  if (declared.size > 0) restrictions.push(automata.complement(automata.texts([...declared])));
  const extras: Extra[] = [];
  for (let mask = 0; mask < 1 << patterns.length; mask++) {
    const matched = new Set(patterns.filter((_, i) => mask & (1 << i)));
    const nodes = facets.flatMap((facet): SchemaNode[] => {
      const own = facet.patterns.filter((pattern) => matched.has(pattern)).map(({ node }) => node);
      return own.length === 0 && facet.additional !== undefined ? [facet.additional] : own;
    });
    if (nodes.length === 0 && !isOpen) continue;
    const texts = patterns.map((pattern) => {
      return matched.has(pattern) ? pattern.automaton : automata.complement(pattern.automaton);
    });
    const all = [...restrictions, ...texts];
    const names = all.length === 0 ? undefined : automata.intersection(all);
    if (names !== undefined && isEmpty(names)) continue;
    if (analysis.isSatisfiable(nodes)) extras.push({ names, nodes });
  }
  return extras;
}
