/** Equality, order and membership. */
import { Dict } from './dict.ts';
import { TemplateFailure } from './errors.ts';
import { iterate } from './iterate.ts';
import { isNumber } from './numbers.ts';
import { maxDataDepth, type Runtime } from './runtime.ts';
import { typeName } from './type-name.ts';
import { comparePoints } from './unicode.ts';
import {
  DictView,
  Float,
  Instance,
  isString,
  Range,
  Tuple,
  textOf,
  Undefined,
  type Value,
} from './values.ts';

/** `a == b`. */
export function isEqual(rt: Runtime, a: Value, b: Value, depth = 0): boolean {
  if (typeof a === 'string' && typeof b === 'string') return isSameText(rt, a, b);
  if (a === b) return true;
  if (a === null || b === null) return false;
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b) === 0;
  if (isString(a) && isString(b)) return isSameText(rt, textOf(a), textOf(b));
  if (depth > maxDataDepth) throw new TemplateFailure('the values are nested too deeply to be compared');
  if (Array.isArray(a)) return Array.isArray(b) && areItemsEqual(rt, a, b, depth);
  if (a instanceof Tuple) return b instanceof Tuple && areItemsEqual(rt, a.items, b.items, depth);
  if (a instanceof Dict) return b instanceof Dict && areDictsEqual(rt, a, b, depth);
  if (a instanceof Undefined) return b instanceof Undefined;
  if (a instanceof Range && b instanceof Range)
    return (
      a.length === b.length &&
      (a.length === 0 || (a.start === b.start && (a.length === 1 || a.step === b.step)))
    );
  if (a instanceof DictView && b instanceof DictView && a.part === 'keys' && b.part === 'keys')
    return a.dict.size === b.dict.size && [...a.dict.entries()].every(({ key }) => b.dict.has(key));
  return false;
}

function isSameText(rt: Runtime, a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  rt.chargeChars(a.length);
  return a === b;
}

function areItemsEqual(rt: Runtime, a: readonly Value[], b: readonly Value[], depth: number): boolean {
  if (a.length !== b.length) return false;
  return a.every((item, i) => {
    rt.step();
    return isEqual(rt, item, b[i]!, depth + 1);
  });
}

function areDictsEqual(rt: Runtime, a: Dict, b: Dict, depth: number): boolean {
  if (a.size !== b.size) return false;
  for (const { key, value } of a.entries()) {
    rt.step();
    const other = b.get(key);
    if (other === undefined || !isEqual(rt, value, other, depth + 1)) return false;
  }
  return true;
}

/** Negative, 0 or positive; NaN when a NaN takes part. Exact also between bigint and float. */
function compareNumbers(a: number | bigint | boolean | Float, b: number | bigint | boolean | Float): number {
  const x = a instanceof Float ? a.value : typeof a === 'boolean' ? Number(a) : a;
  const y = b instanceof Float ? b.value : typeof b === 'boolean' ? Number(b) : b;
  // Loose equality, since 1n and 1 are the same int.
  // biome-ignore lint/suspicious/noDoubleEquals: see above
  return x < y ? -1 : x > y ? 1 : x == y ? 0 : Number.NaN;
}

/** `a < b` and the like: negative, 0, positive or NaN; throws where Python's types have no order. */
export function compare(rt: Runtime, a: Value, b: Value, operator = '<', depth = 0): number {
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  if (isString(a) && isString(b)) {
    rt.chargeChars(Math.min(textOf(a).length, textOf(b).length));
    return comparePoints(textOf(a), textOf(b));
  }
  if (a instanceof Undefined) rt.failUndefined(a);
  if (b instanceof Undefined) rt.failUndefined(b);
  if (Array.isArray(a) && Array.isArray(b)) return compareItems(rt, a, b, operator, depth);
  if (a instanceof Tuple && b instanceof Tuple) return compareItems(rt, a.items, b.items, operator, depth);
  throw new TemplateFailure(
    `'${operator}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`,
  );
}

function compareItems(
  rt: Runtime,
  a: readonly Value[],
  b: readonly Value[],
  operator: string,
  depth: number,
): number {
  if (depth > maxDataDepth) throw new TemplateFailure('the values are nested too deeply to be compared');
  for (let i = 0; i < a.length && i < b.length; i++) {
    rt.step();
    if (!isEqual(rt, a[i]!, b[i]!, depth + 1)) return compare(rt, a[i]!, b[i]!, operator, depth + 1);
  }
  return a.length - b.length;
}

/** `item in container`. */
export function contains(rt: Runtime, container: Value, item: Value): boolean {
  if (isString(container)) {
    const text = textOf(container);
    if (!isString(item))
      throw new TemplateFailure(`'in <string>' requires string as left operand, not ${typeName(item)}`);
    rt.chargeChars(text.length);
    return text.includes(textOf(item));
  }
  if (container instanceof Dict) return container.has(item);
  if (container instanceof DictView && container.part === 'keys') return container.dict.has(item);
  if (container === null || (typeof container !== 'object' && !isString(container)) || isOpaque(container))
    throw new TemplateFailure(`argument of type '${typeName(container)}' is not iterable`);
  for (const other of iterate(rt, container)) if (isEqual(rt, other, item)) return true;
  return false;
}

function isOpaque(value: Value): boolean {
  return value instanceof Float || (value instanceof Instance && value.iterate === undefined);
}
