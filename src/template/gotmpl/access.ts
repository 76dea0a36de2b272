/** The functions `index`, `slice` and `len`; strings count in bytes of UTF-8, as Go's do. */
import { FunctionError } from './function-error.ts';
import type { Budget } from './limits.ts';
import { GoMap, GoSlice, type GoValue, typeName } from './values.ts';

function isAscii(text: string): boolean {
  return !/[\u0080-\uffff]/.test(text);
}

/** Converts an index argument; `max` itself is allowed here, as Go does. */
function toIndex(value: GoValue, max: number): number {
  if (value === undefined || value === null) throw new FunctionError('cannot index slice/array with nil');
  if (typeof value !== 'bigint') {
    throw new FunctionError(`cannot index slice/array with type ${typeName(value)}`);
  }
  if (value < 0n || value > BigInt(max)) throw new FunctionError(`index out of range: ${value}`);
  return Number(value);
}

function elementOf(item: GoValue, key: GoValue, budget: Budget): GoValue {
  if (item === null) throw new FunctionError('index of nil pointer');
  if (item instanceof GoMap) {
    if (typeof key === 'string') return item.get(key);
    if (key === undefined || key === null) throw new FunctionError('value is nil; should be of type string');
    throw new FunctionError(`value has type ${typeName(key)}; should be string`);
  }
  if (item instanceof GoSlice) {
    const index = toIndex(key, item.items.length);
    if (index === item.items.length) throw new FunctionError('reflect: slice index out of range');
    return item.items[index];
  }
  if (typeof item === 'string') {
    budget.scan(item.length);
    const index = toIndex(key, Buffer.byteLength(item));
    const byte = isAscii(item) ? item.charCodeAt(index) : (Buffer.from(item)[index] ?? Number.NaN);
    if (Number.isNaN(byte)) throw new FunctionError('reflect: string index out of range');
    return BigInt(byte);
  }
  throw new FunctionError(`can't index item of type ${typeName(item)}`);
}

/** `item[key][key]…` */
export function indexInto(item: GoValue, keys: readonly GoValue[], budget: Budget): GoValue {
  if (item === undefined || item === null) throw new FunctionError('index of untyped nil');
  let value: GoValue = item;
  for (const key of keys) value = elementOf(value, key, budget);
  return value;
}

/** `item[from:to]`; a third bound is checked but has no effect. */
export function sliceOf(item: GoValue, bounds: readonly GoValue[], budget: Budget): GoValue {
  if (item === undefined || item === null) throw new FunctionError('slice of untyped nil');
  if (bounds.length > 3) throw new FunctionError(`too many slice indexes: ${bounds.length}`);
  if (typeof item !== 'string' && !(item instanceof GoSlice)) {
    throw new FunctionError(`can't slice item of type ${typeName(item)}`);
  }
  if (typeof item === 'string' && bounds.length === 3) {
    throw new FunctionError('cannot 3-index slice a string');
  }
  const length = lengthOf(item, budget);
  const [from = 0, to = length, max] = bounds.map((bound) => toIndex(bound, length));
  if (from > to) throw new FunctionError(`invalid slice index: ${from} > ${to}`);
  if (max !== undefined && to > max) throw new FunctionError(`invalid slice index: ${to} > ${max}`);
  if (item instanceof GoSlice) {
    // Copying references is cheap, and templates do it for every message: `len (slice $.Messages $i)`.
    budget.step((to - from) >> 6);
    return new GoSlice(item.type, item.items.slice(from, to));
  }
  budget.produce(to - from);
  return isAscii(item) ? item.slice(from, to) : Buffer.from(item).subarray(from, to).toString();
}

/** Number of elements, entries or bytes. */
export function lengthOf(item: GoValue, budget: Budget): number {
  if (item instanceof GoSlice) return item.items.length;
  if (item instanceof GoMap) return item.entries.size;
  if (typeof item === 'string') {
    budget.scan(item.length);
    return Buffer.byteLength(item);
  }
  if (item === undefined || item === null) throw new FunctionError('len of nil pointer');
  throw new FunctionError(`len of type ${typeName(item)}`);
}
