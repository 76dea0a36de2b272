/** Python's dict: insertion order, keys of several types, `1`, `1.0` and `True` being the same key. */
import { TemplateFailure } from './errors.ts';
import { Float, Markup, NativeFunction, Tuple, Undefined, type Value } from './values.ts';

type HashKey = string | number | bigint | symbol | object | null;

/** One key with its value; the key as it was first given. */
export interface DictEntry {
  readonly key: Value;
  value: Value;
}

/** Keys are looked up by content; a mutable key (list, dict) is an error, as in Python. */
export class Dict {
  readonly #entries = new Map<HashKey, DictEntry>();

  static of(pairs: Iterable<readonly [Value, Value]>): Dict {
    const dict = new Dict();
    for (const [key, value] of pairs) dict.set(key, value);
    return dict;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(hashKey(key))?.value;
  }

  has(key: Value): boolean {
    return this.#entries.has(hashKey(key));
  }

  set(key: Value, value: Value): void {
    const hash = hashKey(key);
    const entry = this.#entries.get(hash);
    if (entry === undefined) this.#entries.set(hash, { key, value });
    else entry.value = value;
  }

  delete(key: Value): boolean {
    return this.#entries.delete(hashKey(key));
  }

  clear(): void {
    this.#entries.clear();
  }

  entries(): IterableIterator<DictEntry> {
    return this.#entries.values();
  }

  copy(): Dict {
    const dict = new Dict();
    for (const { key, value } of this.entries()) dict.set(key, value);
    return dict;
  }
}

const undefinedKey = Symbol('undefined');

/** A JavaScript value that is `===` exactly when Python's keys are equal; throws for unhashable ones. */
export function hashKey(key: Value): HashKey {
  if (typeof key === 'string' || typeof key === 'number' || typeof key === 'bigint' || key === null)
    return key;
  if (typeof key === 'boolean') return Number(key);
  if (key instanceof Markup) return key.text;
  if (key instanceof Float) {
    const { value } = key;
    if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value === 0 ? 0 : value;
    return BigInt(value);
  }
  if (key instanceof Undefined) return undefinedKey;
  if (key instanceof Tuple) return tupleKey(key);
  if (Array.isArray(key) || key instanceof Dict)
    throw new TemplateFailure(`unhashable type: '${Array.isArray(key) ? 'list' : 'dict'}'`);
  // Functions and the interpreter's objects are equal to themselves only.
  return key instanceof NativeFunction ? key.body : key;
}

/** Tuples hash by content; the prefix keeps them apart from strings that a template could write. */
function tupleKey(tuple: Tuple): string {
  const parts = tuple.items.map((item) => {
    const hash = hashKey(item);
    if (typeof hash === 'string') return `s${hash.length}:${hash}`;
    if (typeof hash === 'number' || typeof hash === 'bigint') return `n${hash}`;
    if (hash === null) return '0';
    throw new TemplateFailure('a tuple of such items cannot be a key here');
  });
  return `\u0000tuple(${parts.join(',')})`;
}
