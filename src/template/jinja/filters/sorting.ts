/** Filters that order, group and aggregate. */
import type { Parameters } from '../call-args.ts';
import { compare, isEqual } from '../compare.ts';
import { Dict, hashKey } from '../dict.ts';
import { TemplateFailure } from '../errors.ts';
import { isTrue, iterate, toList } from '../iterate.ts';
import { add } from '../operators.ts';
import type { Filter, Runtime } from '../runtime.ts';
import { typeName } from '../type-name.ts';
import { Iter, isString, Tuple, Undefined, type Value } from '../values.ts';
import { attributeGetter, attributeGetters, type Getter, ignoreCase } from './attribute.ts';
import { define } from './define.ts';

/** Python's `sorted`: stable, also when reversed. */
function sorted<T>(rt: Runtime, items: readonly T[], keyOf: (item: T) => Value, isReversed: boolean): T[] {
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  rt.chargeItems(items.length);
  const direction = isReversed ? -1 : 1;
  keyed.sort((a, b) => {
    rt.step();
    const order = compare(rt, a.key, b.key);
    return Number.isNaN(order) ? 0 : order * direction;
  });
  return keyed.map(({ item }) => item);
}

function flag(rt: Runtime, p: Parameters, name: string): boolean {
  return isTrue(rt, p.optional(name) ?? false);
}

function keyGetter(attribute: Value, isCaseSensitive: boolean, fallback?: Value): Getter {
  const get = attributeGetter(attribute, fallback);
  return isCaseSensitive ? get : (rt, item) => ignoreCase(get(rt, item));
}

function sort(rt: Runtime, input: Value, p: Parameters): Value {
  const isReversed = flag(rt, p, 'reverse');
  const isCaseSensitive = flag(rt, p, 'case_sensitive');
  const getters = attributeGetters(p.get('attribute', null));
  p.done();
  const keyOf = (item: Value): Value =>
    getters.map((get) => (isCaseSensitive ? get(rt, item) : ignoreCase(get(rt, item))));
  return sorted(rt, toList(rt, input), keyOf, isReversed);
}

function dictsort(rt: Runtime, input: Value, p: Parameters): Value {
  const isCaseSensitive = flag(rt, p, 'case_sensitive');
  const by = p.text('by') ?? 'key';
  const isReversed = flag(rt, p, 'reverse');
  p.done();
  if (by !== 'key' && by !== 'value')
    throw new TemplateFailure('You can only sort by either "key" or "value"');
  if (input instanceof Undefined) rt.failUndefined(input);
  if (!(input instanceof Dict))
    throw new TemplateFailure(`'${typeName(input)}' object has no attribute 'items'`);
  const entries = sorted(
    rt,
    [...input.entries()],
    (entry) => (isCaseSensitive ? entry[by] : ignoreCase(entry[by])),
    isReversed,
  );
  return entries.map(({ key, value }) => new Tuple([key, value]));
}

function extreme(rt: Runtime, input: Value, p: Parameters, operator: '<' | '>'): Value {
  const isCaseSensitive = flag(rt, p, 'case_sensitive');
  const keyOf = keyGetter(p.get('attribute', null), isCaseSensitive);
  p.done();
  let best: { item: Value; key: Value } | undefined;
  for (const item of iterate(rt, input)) {
    const key = keyOf(rt, item);
    const order = best === undefined ? 0 : compare(rt, key, best.key, operator);
    if (best === undefined || (operator === '<' ? order < 0 : order > 0)) best = { item, key };
  }
  return best === undefined ? new Undefined({ hint: 'No aggregated item, sequence was empty.' }) : best.item;
}

function* unique(rt: Runtime, input: Value, keyOf: Getter): Generator<Value> {
  const seen = new Set<unknown>();
  for (const item of iterate(rt, input)) {
    const key = hashKey(keyOf(rt, item));
    if (seen.has(key)) continue;
    rt.chargeItems(1);
    seen.add(key);
    yield item;
  }
}

function sum(rt: Runtime, input: Value, p: Parameters): Value {
  const attribute = p.get('attribute', null);
  const start = p.get('start', 0);
  p.done();
  if (isString(start)) throw new TemplateFailure("sum() can't sum strings [use ''.join(seq) instead]");
  const get = attributeGetter(attribute);
  let total: Value = start;
  for (const item of iterate(rt, input)) total = add(rt, total, get(rt, item));
  return total;
}

function groupby(rt: Runtime, input: Value, p: Parameters): Value {
  const attribute = p.required('attribute');
  const fallback = p.get('default', null);
  const isCaseSensitive = flag(rt, p, 'case_sensitive');
  p.done();
  const keyOf = keyGetter(attribute, isCaseSensitive, fallback);
  const shown = attributeGetter(attribute, fallback);
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sorted(rt, toList(rt, input), (each) => keyOf(rt, each), false)) {
    const key = keyOf(rt, item);
    const last = groups.at(-1);
    if (last !== undefined && isEqual(rt, last.key, key)) last.items.push(item);
    else groups.push({ key, items: [item] });
  }
  return groups.map(
    ({ key, items }) => new Tuple([isCaseSensitive ? key : shown(rt, items[0]!), items], ['grouper', 'list']),
  );
}

export const sortingFilters: readonly [string, Filter][] = [
  define('sort', sort),
  define('dictsort', dictsort),
  define('min', (rt, input, p) => extreme(rt, input, p, '<')),
  define('max', (rt, input, p) => extreme(rt, input, p, '>')),
  define('sum', sum),
  define('groupby', groupby),
  define('unique', (rt, input, p) => {
    const isCaseSensitive = flag(rt, p, 'case_sensitive');
    const keyOf = keyGetter(p.get('attribute', null), isCaseSensitive);
    p.done();
    return new Iter(unique(rt, input, keyOf));
  }),
];
