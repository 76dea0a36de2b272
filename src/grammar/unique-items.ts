/** Items that may not repeat, for arrays whose items come from a short list. */
import { admits } from './admits.ts';
import type { ArrayShape } from './array-shape.ts';
import type { SchemaCompiler } from './compiler.ts';
import { comma, spellingOf } from './json-rules.ts';
import { canonicalJson } from './json-value.ts';
import type { Expression } from './rule-set.ts';
import type { Scalar } from './spelling.ts';
import { unsupported } from './unsupported.ts';

/** There is a rule for every set of values that have been used. */
const maxValues = 8;

/** At least one item, none twice. Throws `unsupported_schema` when the items do not come from a short list of scalars. */
export function uniqueItems(
  compiler: SchemaCompiler,
  shape: ArrayShape,
  pointer: string,
  hint: string,
): Expression {
  const { rules, analysis } = compiler;
  const values = new Map<string, Scalar>();
  for (const constraint of analysis.expand(shape.rest)) {
    const listed = constraint.values?.filter((value) => admits(constraint, value, analysis));
    const scalars = listed?.filter((value) => typeof value !== 'object' || value === null);
    if (scalars === undefined || scalars.length !== listed?.length || shape.prefix.length > 0) {
      throw unsupported(
        'uniqueItems',
        pointer,
        'is only supported where the items are a short list of values',
      );
    }
    for (const value of scalars) values.set(canonicalJson(value), value);
  }
  if (values.size > maxValues) {
    throw unsupported('uniqueItems', pointer, `is only supported for lists of up to ${maxValues} values`);
  }
  const { scalar } = spellingOf(compiler.rules);
  const options = [...values.values()].map((value) => scalar(value));
  const { minItems } = shape;
  const maxItems = Math.min(shape.maxItems, options.length);
  if (minItems > maxItems) throw unsupported('minItems', pointer, 'is more than there are different items');
  const names = new Map<number, Expression>();
  /** One of the values that are not in the set, and what may follow. */
  const choose = (used: number): Expression => {
    const known = names.get(used);
    if (known !== undefined) return known;
    const alternatives = options.flatMap((option, i) => {
      const now = used | (1 << i);
      if (now === used) return [];
      const nUsed = countBits(now);
      if (nUsed === maxItems) return [option];
      const further = `${comma(rules)} ${choose(now)}`;
      return [`${option} ${nUsed < minItems ? further : `(${further})?`}`];
    });
    const name = rules.rule(`${hint}-other`, alternatives.join(' | '));
    names.set(used, name);
    return name;
  };
  return choose(0);
}

function countBits(set: number): number {
  let count = 0;
  for (let rest = set; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}
