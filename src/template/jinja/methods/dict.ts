/** Methods of dictionaries. */
import { Parameters } from '../call-args.ts';
import { Dict } from '../dict.ts';
import { TemplateFailure } from '../errors.ts';
import { iterate, toList } from '../iterate.ts';
import type { Runtime } from '../runtime.ts';
import { toRepr } from '../text.ts';
import { type CallArguments, DictView, type NativeBody, Tuple, type Value } from '../values.ts';

type Method = (dict: Dict, rt: Runtime, args: CallArguments) => Value;

/** The bound method, or undefined when dictionaries have none of that name. */
export function dictMethod(dict: Dict, name: string): NativeBody | undefined {
  const method = methods.get(name);
  return method && ((rt, args) => method(dict, rt, args));
}

function view(part: 'keys' | 'values' | 'items'): Method {
  return (dict, _rt, args) => {
    new Parameters(part, args).done();
    return new DictView(dict, part);
  };
}

/**
 * Reading, and changing too: transformers refuses the latter, but llama.cpp allows it and templates are written for either.
 * What is changed is a copy that lives as long as the rendering.
 */
const methods: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['keys', view('keys')],
  ['values', view('values')],
  ['items', view('items')],
  [
    'get',
    (dict, _rt, args) => {
      const p = new Parameters('get', args);
      const key = p.required('key', true);
      const fallback = p.get('default', null, true);
      p.done();
      const value = dict.get(key);
      return value === undefined ? fallback : value;
    },
  ],
  [
    'copy',
    (dict, rt, args) => {
      new Parameters('copy', args).done();
      rt.chargeItems(dict.size);
      return dict.copy();
    },
  ],
  [
    'pop',
    (dict, rt, args) => {
      const p = new Parameters('pop', args);
      const key = p.required('key', true);
      const fallback = p.optional('default', true);
      p.done();
      const value = dict.has(key) ? dict.get(key) : fallback;
      if (value === undefined) throw new TemplateFailure(`KeyError: ${toRepr(rt, key)}`);
      dict.delete(key);
      return value;
    },
  ],
  [
    'setdefault',
    (dict, rt, args) => {
      const p = new Parameters('setdefault', args);
      const key = p.required('key', true);
      const fallback = p.get('default', null, true);
      const existing = dict.get(key);
      if (existing !== undefined) return existing;
      rt.chargeItems(1);
      dict.set(key, fallback);
      return fallback;
    },
  ],
  [
    'update',
    (dict, rt, args) => {
      const [source] = args.positional;
      for (const [key, value] of source === undefined ? [] : pairsOf(rt, source)) dict.set(key, value);
      for (const [key, value] of args.keyword) dict.set(key, value);
      rt.chargeItems(dict.size);
      return null;
    },
  ],
  [
    'clear',
    (dict, _rt, args) => {
      new Parameters('clear', args).done();
      dict.clear();
      return null;
    },
  ],
]);

/** What `dict(source)` and `update(source)` take: a dictionary, or a sequence of pairs. */
export function pairsOf(rt: Runtime, source: Value): [Value, Value][] {
  rt.step();
  if (source instanceof Dict) return [...source.entries()].map(({ key, value }) => [key, value]);
  const pairs: [Value, Value][] = [];
  for (const item of iterate(rt, source)) {
    const pair = item instanceof Tuple ? item.items : toList(rt, item);
    if (pair.length !== 2)
      throw new TemplateFailure(
        `dictionary update sequence element #${pairs.length} has length ${pair.length}; 2 is required`,
      );
    rt.chargeItems(2);
    pairs.push([pair[0]!, pair[1]!]);
  }
  return pairs;
}
