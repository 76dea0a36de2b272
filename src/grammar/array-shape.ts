/** Which items the arrays of a constraint may have. */
import type { Conjunction, SchemaAnalysis } from './analysis.ts';
import type { ArrayConstraint } from './constraint.ts';

export interface ArrayShape {
  /** Items with a schema of their own. */
  readonly prefix: readonly Conjunction[];
  /** Items behind them. */
  readonly rest: Conjunction;
  readonly minItems: number;
  /** As many as can be satisfied; less than `minItems` when nothing satisfies the constraint. */
  readonly maxItems: number;
}

export function arrayShape(constraint: ArrayConstraint, analysis: SchemaAnalysis): ArrayShape {
  const { facets, minItems } = constraint;
  const nPrefix = Math.max(0, ...facets.map(({ prefix }) => prefix.length));
  const at = (i: number): Conjunction => facets.flatMap(({ prefix, rest }) => prefix[i] ?? rest ?? []);
  const prefix = Array.from({ length: Math.min(nPrefix, constraint.maxItems) }, (_, i) => at(i));
  const rest = at(nPrefix);
  const firstNever = prefix.findIndex((nodes) => !analysis.isSatisfiable(nodes));
  let { maxItems } = constraint;
  if (firstNever >= 0) maxItems = Math.min(maxItems, firstNever);
  else if (maxItems > nPrefix && !analysis.isSatisfiable(rest)) maxItems = nPrefix;
  return { prefix: prefix.slice(0, maxItems), rest, minItems, maxItems };
}
