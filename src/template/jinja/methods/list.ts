/** Methods of lists and tuples. */
import { Parameters } from '../call-args.ts';
import { isEqual } from '../compare.ts';
import { TemplateFailure } from '../errors.ts';
import { toList } from '../iterate.ts';
import type { Runtime } from '../runtime.ts';
import { toRepr } from '../text.ts';
import type { CallArguments, NativeBody, Tuple, Value } from '../values.ts';

type Method<T> = (items: T, rt: Runtime, args: CallArguments) => Value;

/** The bound method, or undefined when lists have none of that name. */
export function listMethod(list: Value[], name: string): NativeBody | undefined {
  const method = mutators.get(name) ?? readers.get(name);
  return method && ((rt, args) => method(list, rt, args));
}

/** The bound method, or undefined when tuples have none of that name. */
export function tupleMethod(tuple: Tuple, name: string): NativeBody | undefined {
  const method = readers.get(name);
  return method && ((rt, args) => method(tuple.items, rt, args));
}

const readers: ReadonlyMap<string, Method<readonly Value[]>> = new Map<string, Method<readonly Value[]>>([
  [
    'index',
    (items, rt, args) => {
      const p = new Parameters('index', args);
      const wanted = p.required('value', true);
      const start = p.count('start', 0, true);
      const stop = p.count('stop', items.length, true);
      p.done();
      for (
        let i = Math.max(0, start < 0 ? start + items.length : start);
        i < Math.min(stop, items.length);
        i++
      )
        if (isEqual(rt, items[i]!, wanted)) return i;
      throw new TemplateFailure(`${toRepr(rt, wanted)} is not in list`);
    },
  ],
  [
    'count',
    (items, rt, args) => {
      const p = new Parameters('count', args);
      const wanted = p.required('value', true);
      p.done();
      return items.filter((item) => isEqual(rt, item, wanted)).length;
    },
  ],
]);

/** Changing lists: see `methods/dict.ts` on why it is allowed. */
const mutators: ReadonlyMap<string, Method<Value[]>> = new Map<string, Method<Value[]>>([
  [
    'append',
    (list, rt, args) => {
      const p = new Parameters('append', args);
      const item = p.required('object', true);
      p.done();
      rt.chargeItems(1);
      list.push(item);
      return null;
    },
  ],
  [
    'extend',
    (list, rt, args) => {
      const p = new Parameters('extend', args);
      const items = toList(rt, p.required('iterable', true));
      p.done();
      for (const item of items) list.push(item);
      return null;
    },
  ],
  [
    'insert',
    (list, rt, args) => {
      const p = new Parameters('insert', args);
      const at = p.count('index', 0, true);
      const item = p.required('object', true);
      p.done();
      rt.chargeItems(list.length);
      list.splice(at, 0, item);
      return null;
    },
  ],
  [
    'pop',
    (list, rt, args) => {
      const p = new Parameters('pop', args);
      const at = p.count('index', -1, true);
      p.done();
      rt.chargeItems(list.length);
      const index = at < 0 ? at + list.length : at;
      if (index < 0 || index >= list.length)
        throw new TemplateFailure(list.length === 0 ? 'pop from empty list' : 'pop index out of range');
      return list.splice(index, 1)[0]!;
    },
  ],
  [
    'remove',
    (list, rt, args) => {
      const p = new Parameters('remove', args);
      const wanted = p.required('value', true);
      p.done();
      const index = list.findIndex((item) => isEqual(rt, item, wanted));
      if (index < 0) throw new TemplateFailure('list.remove(x): x not in list');
      list.splice(index, 1);
      return null;
    },
  ],
  [
    'reverse',
    (list, rt, args) => {
      new Parameters('reverse', args).done();
      rt.chargeItems(list.length);
      list.reverse();
      return null;
    },
  ],
  [
    'clear',
    (list, _rt, args) => {
      new Parameters('clear', args).done();
      list.length = 0;
      return null;
    },
  ],
  [
    'copy',
    (list, rt, args) => {
      new Parameters('copy', args).done();
      return toList(rt, list);
    },
  ],
]);
