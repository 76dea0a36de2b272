/** Truth, length and iteration of values. */
import { Dict } from './dict.ts';
import { TemplateFailure } from './errors.ts';
import type { Runtime } from './runtime.ts';
import { typeName } from './type-name.ts';
import { pointLength } from './unicode.ts';
import { DictView, Float, Instance, Iter, Markup, Range, Tuple, Undefined, type Value } from './values.ts';

/** `bool(value)`. */
export function isTrue(rt: Runtime, value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (typeof value !== 'object') return Boolean(value);
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Float) return value.value !== 0;
  const length = lengthOf(rt, value);
  return length === undefined || length > 0;
}

/** `len(value)`; undefined where Python raises TypeError. */
export function lengthOf(rt: Runtime, value: Value): number | undefined {
  if (typeof value === 'string') return countPoints(rt, value);
  if (Array.isArray(value)) return value.length;
  if (value instanceof Dict) return value.size;
  if (value instanceof Tuple) return value.items.length;
  if (value instanceof Markup) return countPoints(rt, value.text);
  if (value instanceof DictView) return value.dict.size;
  if (value instanceof Range) return value.length;
  if (value instanceof Undefined) return 0;
  if (value instanceof Instance) return value.length?.(rt);
  return undefined;
}

function countPoints(rt: Runtime, text: string): number {
  rt.chargeChars(text.length);
  return pointLength(text);
}

/** `iter(value)`; undefined where Python raises TypeError. */
export function tryIterate(rt: Runtime, value: Value): Iterator<Value> | undefined {
  if (Array.isArray(value)) return value[Symbol.iterator]();
  if (typeof value === 'string') return value[Symbol.iterator]();
  if (value instanceof Dict) return entryParts(value, 'keys');
  if (value instanceof Tuple) return value.items[Symbol.iterator]();
  if (value instanceof Markup) return markupChars(value.text);
  if (value instanceof DictView) return entryParts(value.dict, value.part);
  if (value instanceof Range) return rangeItems(value);
  if (value instanceof Iter) return value.iterator;
  if (value instanceof Undefined) return [][Symbol.iterator]();
  if (value instanceof Instance) return value.iterate?.(rt);
  return undefined;
}

/** `iter(value)`, every step paid for. */
export function* iterate(rt: Runtime, value: Value): Generator<Value, void, undefined> {
  const iterator = tryIterate(rt, value);
  if (iterator === undefined) throw new TemplateFailure(`'${typeName(value)}' object is not iterable`);
  for (;;) {
    const next = iterator.next();
    if (next.done === true) return;
    rt.step();
    yield next.value;
  }
}

/** `list(value)`: a new list. */
export function toList(rt: Runtime, value: Value): Value[] {
  if (Array.isArray(value)) {
    rt.chargeItems(value.length);
    return [...value];
  }
  const list: Value[] = [];
  for (const item of iterate(rt, value)) {
    rt.chargeItems(1);
    list.push(item);
  }
  return list;
}

function* entryParts(dict: Dict, part: 'keys' | 'values' | 'items'): Generator<Value> {
  const { size } = dict;
  for (const { key, value } of dict.entries()) {
    yield part === 'keys' ? key : part === 'values' ? value : new Tuple([key, value]);
    if (dict.size !== size) throw new TemplateFailure('dictionary changed size during iteration');
  }
}

function* markupChars(text: string): Generator<Value> {
  for (const char of text) yield new Markup(char);
}

function* rangeItems(range: Range): Generator<Value> {
  for (let i = 0; i < range.length; i++) yield range.start + i * range.step;
}
