/** Functions that every template finds: jinja2's own, and those that transformers adds. */
import { Parameters } from './call-args.ts';
import { Dict } from './dict.ts';
import { TemplateFailure } from './errors.ts';
import { pairsOf } from './methods/dict.ts';
import { Namespace } from './namespace.ts';
import { toCount } from './numbers.ts';
import type { Runtime } from './runtime.ts';
import { strftime } from './strftime.ts';
import { toText } from './text.ts';
import {
  type CallArguments,
  Instance,
  isString,
  NativeFunction,
  Range,
  textOf,
  type Value,
} from './values.ts';

/** The sandbox's limit. */
const maxRange = 100_000;

function range(_rt: Runtime, args: CallArguments): Value {
  const p = new Parameters('range', args);
  const first = toCount(p.required('start', true));
  const second = p.optional('stop', true);
  const step = p.count('step', 1, true);
  p.done();
  if (step === 0) throw new TemplateFailure('range() arg 3 must not be zero');
  const result = second === undefined ? new Range(0, first, step) : new Range(first, toCount(second), step);
  if (result.length > maxRange)
    throw new TemplateFailure(
      `Range too big. The sandbox blocks ranges larger than MAX_RANGE (${maxRange}).`,
    );
  return result;
}

function dict(rt: Runtime, args: CallArguments): Dict {
  const [source, extra] = args.positional;
  if (extra !== undefined) throw new TemplateFailure('dict expected at most 1 argument');
  const result = Dict.of(source === undefined ? [] : pairsOf(rt, source));
  for (const [key, value] of args.keyword) result.set(key, value);
  rt.chargeItems(result.size);
  return result;
}

function namespace(rt: Runtime, args: CallArguments): Value {
  const attributes = new Map<string, Value>();
  for (const { key, value } of dict(rt, args).entries())
    if (isString(key)) attributes.set(textOf(key), value);
  return new Namespace(attributes);
}

function raiseException(rt: Runtime, args: CallArguments): Value {
  const p = new Parameters('raise_exception', args);
  const message = p.required('message');
  p.done();
  throw new TemplateFailure(toText(rt, message), { reason: 'raised' });
}

function strftimeNow(rt: Runtime, args: CallArguments): Value {
  const p = new Parameters('strftime_now', args);
  const format = p.requiredText('format');
  p.done();
  return strftime(rt.now(), format);
}

/** `cycler('odd', 'even')`: hands out its items in turn. */
class Cycler extends Instance {
  override readonly typeName = 'Cycler';
  readonly #items: readonly Value[];
  #position = 0;

  constructor(items: readonly Value[]) {
    super();
    if (items.length === 0) throw new TemplateFailure('at least one item has to be provided');
    this.#items = items;
  }

  override attribute(_rt: Runtime, name: string): Value | undefined {
    const current = this.#items[this.#position]!;
    if (name === 'current') return current;
    if (name === 'reset')
      return new NativeFunction(name, () => {
        this.#position = 0;
        return null;
      });
    if (name !== 'next') return undefined;
    return new NativeFunction(name, () => {
      const item = this.#items[this.#position]!;
      this.#position = (this.#position + 1) % this.#items.length;
      return item;
    });
  }

  override repr(): string {
    return '<Cycler object>';
  }
}

/** `joiner(', ')`: empty the first time, the separator ever after. */
class Joiner extends Instance {
  override readonly typeName = 'Joiner';
  readonly #separator: Value;
  #isUsed = false;

  constructor(separator: Value) {
    super();
    this.#separator = separator;
  }

  override attribute(): undefined {
    return undefined;
  }

  override call(): Value {
    if (this.#isUsed) return this.#separator;
    this.#isUsed = true;
    return '';
  }

  override repr(): string {
    return '<Joiner object>';
  }
}

export const globals: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['range', new NativeFunction('range', range)],
  ['dict', new NativeFunction('dict', dict)],
  ['namespace', new NativeFunction('namespace', namespace)],
  ['cycler', new NativeFunction('cycler', (_rt, args) => new Cycler(args.positional))],
  [
    'joiner',
    new NativeFunction('joiner', (_rt, args) => new Joiner(new Parameters('joiner', args).get('sep', ', '))),
  ],
  ['raise_exception', new NativeFunction('raise_exception', raiseException)],
  ['strftime_now', new NativeFunction('strftime_now', strftimeNow)],
]);
