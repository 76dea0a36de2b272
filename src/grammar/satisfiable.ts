/** Whether any value satisfies a constraint. */

import { admits } from './admits.ts';
import type { SchemaAnalysis } from './analysis.ts';
import { arrayShape } from './array-shape.ts';
import { isEmpty } from './automaton.ts';
import { type Constraint, generatedKinds } from './constraint.ts';
import type { Kind } from './json-value.ts';
import { objectShape } from './object-shape.ts';
import { numberAutomaton, stringAutomaton } from './scalar-text.ts';

export function isConstraintSatisfiable(constraint: Constraint, analysis: SchemaAnalysis): boolean {
  if (constraint.values !== undefined) {
    return constraint.values.some((value) => admits(constraint, value, analysis));
  }
  return [...generatedKinds(constraint)].some((kind) => isKindSatisfiable(kind, constraint, analysis));
}

/** Whether values of one kind satisfy a constraint without `values`. */
export function isKindSatisfiable(kind: Kind, constraint: Constraint, analysis: SchemaAnalysis): boolean {
  switch (kind) {
    case 'null':
    case 'boolean':
      return true;
    case 'number': {
      const automaton = numberAutomaton(constraint.number, analysis.automata);
      return automaton === undefined || !isEmpty(automaton);
    }
    case 'string': {
      const { minLength, maxLength, texts } = constraint.string;
      if (texts.length === 0) return minLength <= maxLength;
      const automaton = stringAutomaton(constraint.string, analysis.automata);
      return automaton === undefined || !isEmpty(automaton);
    }
    case 'array': {
      const { minItems, maxItems } = arrayShape(constraint.array, analysis);
      return minItems <= maxItems;
    }
    case 'object': {
      const shape = objectShape(constraint.object, analysis);
      const hasSome = shape.members.length > 0 || shape.maxExtras > 0;
      return !shape.isNever && (hasSome || !shape.needsSome);
    }
  }
}
