/** Binding of call arguments to the parameters of built-in functions, filters and tests. */

import { Dict } from './dict.ts';
import { TemplateFailure } from './errors.ts';
import { toCount } from './numbers.ts';
import { typeName } from './type-name.ts';
import { type CallArguments, isString, textOf, Undefined, type Value } from './values.ts';

/** Reads arguments by position or name; ask for them in the order of the signature, then call `done`. */
export class Parameters {
  readonly #name: string;
  readonly #positional: readonly Value[];
  readonly #keyword: Map<string, Value>;
  #index = 0;

  constructor(name: string, args: CallArguments) {
    this.#name = name;
    this.#positional = args.positional;
    this.#keyword = new Map(args.keyword);
  }

  /** undefined when it was not given. `isPositionOnly` parameters have no name that callers could use. */
  optional(parameter: string, isPositionOnly = false): Value | undefined {
    const byPosition = this.#positional[this.#index++];
    if (isPositionOnly) return byPosition;
    const byName = this.#keyword.get(parameter);
    this.#keyword.delete(parameter);
    if (byPosition !== undefined && byName !== undefined)
      throw new TemplateFailure(`${this.#name}() got multiple values for argument '${parameter}'`);
    return byPosition === undefined ? byName : byPosition;
  }

  /** The argument, or `fallback` when it was not given; `None` counts as given. */
  get(parameter: string, fallback: Value, isPositionOnly = false): Value {
    const value = this.optional(parameter, isPositionOnly);
    return value === undefined ? fallback : value;
  }

  required(parameter: string, isPositionOnly = false): Value {
    const value = this.optional(parameter, isPositionOnly);
    if (value === undefined)
      throw new TemplateFailure(`${this.#name}() missing required argument: '${parameter}'`);
    return value;
  }

  /** A string; `None` and an absent one are undefined. */
  text(parameter: string, isPositionOnly = false): string | undefined {
    const value = this.optional(parameter, isPositionOnly);
    if (value === undefined || value === null) return undefined;
    return requireText(this.#name, value);
  }

  requiredText(parameter: string, isPositionOnly = false): string {
    return requireText(this.#name, this.required(parameter, isPositionOnly));
  }

  /** An int, cut to the safe range. */
  count(parameter: string, fallback: number, isPositionOnly = false): number {
    const value = this.optional(parameter, isPositionOnly);
    return value === undefined ? fallback : toCount(value);
  }

  /** Complains about arguments that nobody asked for. */
  done(): void {
    const [extra] = this.#keyword.keys();
    if (extra !== undefined)
      throw new TemplateFailure(`${this.#name}() got an unexpected keyword argument '${extra}'`);
    if (this.#positional.length > this.#index)
      throw new TemplateFailure(
        `${this.#name}() takes at most ${this.#index} arguments (${this.#positional.length} given)`,
      );
  }
}

function requireText(name: string, value: Value): string {
  if (isString(value)) return textOf(value);
  if (value instanceof Undefined) throw new TemplateFailure(value.message);
  throw new TemplateFailure(`${name}() argument must be str, not ${typeName(value)}`);
}

/** `dict(mapping_or_pairs, **kwargs)` of a `**` argument: its keys must be strings. */
export function keywordsOf(value: Value): Map<string, Value> {
  if (!(value instanceof Dict))
    throw new TemplateFailure(`argument after ** must be a mapping, not ${typeName(value)}`);
  const keywords = new Map<string, Value>();
  for (const { key, value: item } of value.entries()) {
    if (typeof key !== 'string') throw new TemplateFailure('keywords must be strings');
    keywords.set(key, item);
  }
  return keywords;
}
