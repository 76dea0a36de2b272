/** Keeps the branches of `oneOf` apart: no value that is made may satisfy two of them. */

import { admits } from './admits.ts';
import type { SchemaAnalysis } from './analysis.ts';
import { arrayShape } from './array-shape.ts';
import { accepts, anyText, isEmpty } from './automaton.ts';
import { type Constraint, generatedKinds, intersectConstraints } from './constraint.ts';
import type { Kind } from './json-value.ts';
import { namedSchemas, objectShape } from './object-shape.ts';
import { numberAutomaton, stringAutomaton } from './scalar-text.ts';
import { unsupported } from './unsupported.ts';

/**
 * The branches without the listed values that several of them admit. Throws `unsupported_schema` when it cannot be proved that the
 * rest of them exclude each other.
 */
export function excludeOverlaps(
  branches: readonly (readonly Constraint[])[],
  pointer: string,
  analysis: SchemaAnalysis,
): readonly (readonly Constraint[])[] {
  branches.forEach((branch, i) => {
    branches.slice(i + 1).forEach((other, j) => {
      const apart = branch.every((a) => other.every((b) => excludeEachOther(a, b, analysis)));
      if (apart) return;
      const why = `has branches ${i} and ${i + 1 + j} that one value may satisfy together; anyOf allows that`;
      throw unsupported('oneOf', pointer, why);
    });
  });
  return branches.map((branch, i) => {
    const others = branches.filter((_, j) => j !== i).flat();
    return branch.map((constraint) => {
      const values = constraint.values?.filter((value) => {
        return !others.some((other) => admits(other, value, analysis));
      });
      return { ...constraint, values };
    });
  });
}

function excludeEachOther(a: Constraint, b: Constraint, analysis: SchemaAnalysis): boolean {
  analysis.spend();
  // Values that both list are taken out later.
  if (a.values !== undefined && b.values !== undefined) return true;
  for (const [listed, other] of [
    [a, b],
    [b, a],
  ] as const) {
    if (listed.values === undefined) continue;
    const admitted = listed.values.filter((value) => admits(listed, value, analysis));
    return !admitted.some((value) => admits(other, value, analysis));
  }
  return isNeverValidIn(a, b, analysis) && isNeverValidIn(b, a, analysis);
}

/** Whether no value that is made for `made` satisfies `other`. */
function isNeverValidIn(made: Constraint, other: Constraint, analysis: SchemaAnalysis): boolean {
  const kinds = [...generatedKinds(made)].filter(
    (kind) => other.kinds === undefined || other.kinds.has(kind),
  );
  return kinds.every((kind) => areKindsApart(kind, made, other, analysis));
}

function areKindsApart(kind: Kind, made: Constraint, other: Constraint, analysis: SchemaAnalysis): boolean {
  const { automata } = analysis;
  const both = intersectConstraints(made, other);
  switch (kind) {
    case 'null':
    case 'boolean':
      return false;
    case 'number': {
      const automaton = numberAutomaton(both.number, automata);
      return automaton !== undefined && isEmpty(automaton);
    }
    case 'string': {
      const texts = stringAutomaton(made.string, automata) ?? anyText;
      return isEmpty(
        automata.intersection([texts, stringAutomaton(other.string, automata, true) ?? anyText]),
      );
    }
    case 'array': {
      const { minItems, maxItems } = arrayShape(both.array, analysis);
      return minItems > maxItems;
    }
    case 'object':
      return areObjectsApart(made, other, both, analysis);
  }
}

/** By a required property that one branch never makes, or that no value satisfies in both. */
function areObjectsApart(
  made: Constraint,
  other: Constraint,
  both: Constraint,
  analysis: SchemaAnalysis,
): boolean {
  const clashes = both.object.required.some((name) => {
    return !analysis.isSatisfiable(both.object.facets.flatMap((facet) => namedSchemas(facet, name)));
  });
  if (clashes) return true;
  const shape = objectShape(made.object, analysis);
  return other.object.required.some((name) => {
    const isMember = shape.members.some((member) => member.name === name);
    const isExtra = shape.extras.some(({ names }) => names === undefined || accepts(names, name));
    return !isMember && !isExtra;
  });
}
