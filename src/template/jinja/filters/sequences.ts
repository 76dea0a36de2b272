/** Filters on sequences and mappings, and `default`. */
import { getAttribute } from '../access.ts';
import { Parameters } from '../call-args.ts';
import { Dict } from '../dict.ts';
import { TemplateFailure } from '../errors.ts';
import { isTrue, iterate, lengthOf, toList } from '../iterate.ts';
import type { Filter, Runtime } from '../runtime.ts';
import { typeName } from '../type-name.ts';
import { DictView, Iter, isString, Markup, Range, Tuple, textOf, Undefined, type Value } from '../values.ts';
import { define } from './define.ts';

/** A filter without arguments. */
function plain(name: string, filter: (rt: Runtime, input: Value) => Value): [string, Filter] {
  return [
    name,
    (rt, input, args) => {
      new Parameters(name, args).done();
      return filter(rt, input);
    },
  ];
}

function length(rt: Runtime, input: Value): Value {
  const count = lengthOf(rt, input);
  if (count === undefined) throw new TemplateFailure(`object of type '${typeName(input)}' has no len()`);
  return count;
}

function first(rt: Runtime, input: Value): Value {
  const next = iterate(rt, input).next();
  if (next.done !== true) return next.value;
  return new Undefined({ hint: 'No first item, sequence was empty.' });
}

function last(rt: Runtime, input: Value): Value {
  if (!isReversible(input)) throw new TemplateFailure(`'${typeName(input)}' object is not reversible`);
  const items = toList(rt, input);
  return items.length > 0 ? items.at(-1)! : new Undefined({ hint: 'No last item, sequence was empty.' });
}

function isReversible(value: Value): boolean {
  return (
    isString(value) ||
    Array.isArray(value) ||
    value instanceof Tuple ||
    value instanceof Dict ||
    value instanceof DictView ||
    value instanceof Range ||
    value instanceof Undefined
  );
}

function reverse(rt: Runtime, input: Value): Value {
  if (isString(input)) {
    const text = textOf(input);
    rt.chargeChars(text.length);
    const reversed = [...text].reverse().join('');
    return input instanceof Markup ? new Markup(reversed) : reversed;
  }
  const items = toList(rt, input).reverse();
  // What can be walked backwards is so lazily, in Python; the rest becomes a list.
  return isReversible(input)
    ? new Iter(items[Symbol.iterator](), `${typeName(input)}_reverseiterator`)
    : items;
}

function* items(input: Value): Generator<Value> {
  if (input instanceof Undefined) return;
  if (!(input instanceof Dict)) throw new TemplateFailure('Can only get item pairs from a mapping.');
  for (const { key, value } of input.entries()) yield new Tuple([key, value]);
}

function* batch(rt: Runtime, input: Value, size: number, filling: Value): Generator<Value> {
  let row: Value[] = [];
  for (const item of iterate(rt, input)) {
    if (row.length === size) {
      yield row;
      row = [];
    }
    rt.chargeItems(1);
    row.push(item);
  }
  if (row.length === 0) return;
  if (filling !== null) {
    rt.chargeItems(Math.max(0, size - row.length));
    while (row.length < size) row.push(filling);
  }
  yield row;
}

function* slice(rt: Runtime, input: Value, count: number, filling: Value): Generator<Value> {
  const all = toList(rt, input);
  if (count === 0) throw new TemplateFailure('integer division or modulo by zero');
  const size = Math.floor(all.length / count);
  const longer = all.length % count;
  let start = 0;
  for (let i = 0; i < count; i++) {
    rt.step();
    const end = start + size + (i < longer ? 1 : 0);
    const part = all.slice(start, end);
    if (filling !== null && i >= longer) part.push(filling);
    start = end;
    yield part;
  }
}

function chunked(name: string, parameter: string, split: typeof batch): [string, Filter] {
  return [
    name,
    (rt, input, args) => {
      const p = new Parameters(name, args);
      const count = p.count(parameter, Number.NaN);
      const filling = p.get('fill_with', null);
      p.done();
      if (Number.isNaN(count))
        throw new TemplateFailure(`${name}() missing required argument: '${parameter}'`);
      return new Iter(split(rt, input, count, filling));
    },
  ];
}

function useDefault(rt: Runtime, input: Value, p: Parameters): Value {
  const fallback = p.optional('default_value');
  const replacesFalse = isTrue(rt, p.get('boolean', false));
  p.done();
  return input instanceof Undefined || (replacesFalse && !isTrue(rt, input))
    ? fallback === undefined
      ? ''
      : fallback
    : input;
}

export const sequenceFilters: readonly [string, Filter][] = [
  plain('length', length),
  plain('count', length),
  plain('first', first),
  plain('last', last),
  plain('list', toList),
  plain('reverse', reverse),
  plain('items', (_rt, input) => new Iter(items(input))),
  chunked('batch', 'linecount', batch),
  chunked('slice', 'slices', slice),
  define('default', useDefault),
  define('d', useDefault),
  [
    'attr',
    (rt, input, args) => {
      const p = new Parameters('attr', args);
      const name = p.requiredText('name');
      p.done();
      // Only attributes, never items: what `obj.name` finds in a mapping does not count.
      if (input instanceof Dict && input.has(name)) return new Undefined({ name });
      return getAttribute(rt, input, name);
    },
  ],
];
