/** What a template computes with: Python's data model, as far as templates can see it. */
import type { Dict } from './dict.ts';
import type { Runtime } from './runtime.ts';

/**
 * A template value. Python's types map so: None = null, bool = boolean, int = number (safe integers) or bigint,
 * float = Float, str = string, list = array; the others have classes. JavaScript's `undefined` is never a value.
 */
export type Value = null | boolean | number | bigint | string | Value[] | PyObject;

/** Anything that is not a plain JavaScript value. */
export type PyObject =
  | Float
  | Markup
  | Tuple
  | Dict
  | DictView
  | Range
  | Iter
  | Undefined
  | NativeFunction
  | Instance;

/** A Python float, integral or not: `1.0` prints differently from `1`. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A string that counts as HTML-safe: what it is combined with gets escaped (markupsafe.Markup). */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export class Tuple {
  readonly items: readonly Value[];
  /** Names of the items, for tuples whose items are attributes too. */
  readonly names: readonly string[];
  constructor(items: readonly Value[], names: readonly string[] = []) {
    this.items = items;
    this.names = names;
  }
}

/** A live view on a dictionary: `d.keys()`, `d.values()`, `d.items()`. */
export class DictView {
  readonly dict: Dict;
  readonly part: 'keys' | 'values' | 'items';
  constructor(dict: Dict, part: 'keys' | 'values' | 'items') {
    this.dict = dict;
    this.part = part;
  }
}

export class Range {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly length: number;
  constructor(start: number, stop: number, step: number) {
    this.start = start;
    this.stop = stop;
    this.step = step;
    this.length = Math.max(0, Math.ceil((stop - start) / step));
  }
}

/** A lazy sequence that can be walked once: what `map`, `select` and others give. */
export class Iter {
  readonly iterator: Iterator<Value>;
  readonly typeName: string;
  constructor(iterator: Iterator<Value>, typeName = 'generator') {
    this.iterator = iterator;
    this.typeName = typeName;
  }
}

/** The value of a name or attribute that does not exist: prints as nothing, fails when it is worked with. */
export class Undefined {
  readonly hint: string | undefined;
  readonly name: string | undefined;
  constructor(options: { hint?: string; name?: string } = {}) {
    this.hint = options.hint;
    this.name = options.name;
  }

  /** What an operation that needs a real value complains about. */
  get message(): string {
    return this.hint ?? `'${this.name ?? 'value'}' is undefined`;
  }
}

/** Arguments of a call, evaluated. */
export interface CallArguments {
  readonly positional: readonly Value[];
  readonly keyword: ReadonlyMap<string, Value>;
}

export type NativeBody = (rt: Runtime, args: CallArguments) => Value;

/** A built-in function or a method bound to its value. */
export class NativeFunction {
  readonly name: string;
  readonly body: NativeBody;
  constructor(name: string, body: NativeBody) {
    this.name = name;
    this.body = body;
  }
}

/** Base of the interpreter's own objects: loop, namespace, macro, cycler, joiner. */
export abstract class Instance {
  /** Python's name of the type, for messages. */
  abstract readonly typeName: string;
  /** An attribute that templates may read; undefined = there is none. */
  abstract attribute(rt: Runtime, name: string): Value | undefined;
  abstract repr(rt: Runtime): string;
  /** Absent when calling it is an error. */
  call?(rt: Runtime, args: CallArguments): Value;
  /** Absent when it is not iterable. */
  iterate?(rt: Runtime): Iterator<Value>;
  /** Absent when it has no length. */
  length?(rt: Runtime): number;
}

export function isString(value: Value): value is string | Markup {
  return typeof value === 'string' || value instanceof Markup;
}

/** The text of a str, Markup or not. */
export function textOf(value: string | Markup): string {
  return typeof value === 'string' ? value : value.text;
}
