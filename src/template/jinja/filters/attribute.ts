/** The `attribute` argument of filters: dotted paths, numbers as indices. */
import { getItem } from '../access.ts';
import type { Runtime } from '../runtime.ts';
import { isString, textOf, Undefined, type Value } from '../values.ts';

export type Getter = (rt: Runtime, item: Value) => Value;

/** Reads `attribute` of an item; `None` reads the item itself. `fallback` stands in for what is undefined on the way. */
export function attributeGetter(attribute: Value, fallback?: Value): Getter {
  const parts = pathParts(attribute);
  return (rt, item) => {
    let value = item;
    for (const part of parts) {
      value = getItem(rt, value, part);
      if (fallback !== undefined && fallback !== null && value instanceof Undefined) value = fallback;
    }
    return value;
  };
}

/** Several attributes, separated by commas: sorts by one after the other. */
export function attributeGetters(attribute: Value): Getter[] {
  if (!isString(attribute)) return [attributeGetter(attribute)];
  return textOf(attribute)
    .split(',')
    .map((part) => attributeGetter(part));
}

function pathParts(attribute: Value): Value[] {
  if (attribute === null) return [];
  if (!isString(attribute)) return [attribute];
  return textOf(attribute)
    .split('.')
    .map((part) => (/^\d{1,15}$/.test(part) ? Number(part) : part));
}

/** Strings compare without case unless told otherwise. */
export function ignoreCase(value: Value): Value {
  return isString(value) ? textOf(value).toLowerCase() : value;
}
