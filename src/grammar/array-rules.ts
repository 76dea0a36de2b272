/** Rules of arrays: items with schemas of their own first, then a counted number of others. */

import { type ArrayShape, arrayShape } from './array-shape.ts';
import type { SchemaCompiler } from './compiler.ts';
import type { ArrayConstraint } from './constraint.ts';
import { comma, whitespace } from './json-rules.ts';
import type { Expression } from './rule-set.ts';
import { uniqueItems } from './unique-items.ts';

/** A sequence, not a rule. The constraint must be satisfiable. */
export function arrayBody(compiler: SchemaCompiler, constraint: ArrayConstraint, hint: string): Expression {
  const { rules } = compiler;
  const shape = arrayShape(constraint, compiler.analysis);
  const ws = whitespace(rules);
  const mayRepeat = constraint.unique === undefined || shape.maxItems <= 1;
  const items = mayRepeat
    ? itemSequence(compiler, shape, hint)
    : uniqueItems(compiler, shape, constraint.unique ?? '#', hint);
  const inner = items === '' ? '' : shape.minItems > 0 ? ` ${items} ${ws}` : ` (${items} ${ws})?`;
  return `"[" ${ws}${inner} "]"`;
}

/** At least one item; empty when there can be none. */
function itemSequence(compiler: SchemaCompiler, shape: ArrayShape, hint: string): Expression {
  const { rules } = compiler;
  const { prefix, rest, minItems, maxItems } = shape;
  if (maxItems === 0) return '';
  const nOthers = maxItems - prefix.length;
  let further = '';
  if (nOthers > 0) {
    const item = compiler.compile(rest, `${hint}-item`);
    const next = rules.rule(`${hint}-next`, `${comma(rules)} ${item}`);
    // Without a prefix, one of them is the first item of all.
    const first = prefix.length === 0 ? 1 : 0;
    const least = Math.max(0, minItems - prefix.length - first);
    further = rules.repeat(next, least, nOthers - first, `${hint}-next`);
    if (first === 1) return [item, further].filter(Boolean).join(' ');
  }
  for (const [i, nodes] of [...prefix.entries()].reverse()) {
    const item = [compiler.compile(nodes, `${hint}-${i}`), further].filter(Boolean).join(' ');
    if (i === 0) return item;
    further = rules.rule(`${hint}-from-${i}`, `${comma(rules)} ${item}`);
    if (i >= minItems) further += '?';
  }
  return '';
}
