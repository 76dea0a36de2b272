/** Filters that take the name of another filter or test: map, select, reject and their attribute forms. All are lazy. */
import { Parameters } from '../call-args.ts';
import { TemplateFailure } from '../errors.ts';
import { isTrue, iterate } from '../iterate.ts';
import type { Filter, Runtime } from '../runtime.ts';
import { type CallArguments, Iter, isString, textOf, type Value } from '../values.ts';
import { attributeGetter, type Getter } from './attribute.ts';

function nameOf(value: Value): string {
  if (!isString(value)) throw new TemplateFailure('the name of a filter or test must be a string');
  return textOf(value);
}

function mapper(rt: Runtime, { positional, keyword }: CallArguments): Getter {
  const [name, ...rest] = positional;
  if (name === undefined) {
    const p = new Parameters('map', { positional, keyword });
    const attribute = p.optional('attribute');
    if (attribute === undefined) throw new TemplateFailure('map requires a filter argument');
    const fallback = p.optional('default');
    p.done();
    return attributeGetter(attribute, fallback);
  }
  const filter = rt.library.filters.get(nameOf(name));
  if (filter === undefined) throw new TemplateFailure(`No filter named '${nameOf(name)}'.`);
  return (innerRt, item) => filter(innerRt, item, { positional: rest, keyword });
}

function* map(rt: Runtime, input: Value, args: CallArguments): Generator<Value> {
  if (!isTrue(rt, input)) return;
  const apply = mapper(rt, args);
  for (const item of iterate(rt, input)) yield apply(rt, item);
}

function predicate(rt: Runtime, { positional, keyword }: CallArguments): (value: Value) => boolean {
  const [name, ...rest] = positional;
  if (name === undefined) return (value) => isTrue(rt, value);
  const test = rt.library.tests.get(nameOf(name));
  if (test === undefined) throw new TemplateFailure(`No test named '${nameOf(name)}'.`);
  return (value) => test(rt, value, { positional: rest, keyword });
}

function* select(
  rt: Runtime,
  input: Value,
  args: CallArguments,
  { byAttribute, keeps }: { byAttribute: boolean; keeps: boolean },
): Generator<Value> {
  if (!isTrue(rt, input)) return;
  const [attribute, ...rest] = args.positional;
  if (byAttribute && attribute === undefined)
    throw new TemplateFailure('Missing parameter for attribute name');
  const get = byAttribute ? attributeGetter(attribute ?? null) : undefined;
  const matches = predicate(rt, byAttribute ? { positional: rest, keyword: args.keyword } : args);
  for (const item of iterate(rt, input))
    if (matches(get === undefined ? item : get(rt, item)) === keeps) yield item;
}

function selection(name: string, how: { byAttribute: boolean; keeps: boolean }): [string, Filter] {
  return [name, (rt, input, args) => new Iter(select(rt, input, args, how))];
}

export const selectionFilters: readonly [string, Filter][] = [
  ['map', (rt, input, args) => new Iter(map(rt, input, args))],
  selection('select', { byAttribute: false, keeps: true }),
  selection('reject', { byAttribute: false, keeps: false }),
  selection('selectattr', { byAttribute: true, keeps: true }),
  selection('rejectattr', { byAttribute: true, keeps: false }),
];
