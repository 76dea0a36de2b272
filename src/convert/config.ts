/** Typed access to a JSON file of a model folder: every value is checked where it is asked for. */
import type { JsonObject, JsonValue } from '../types/json.ts';
import { conversionError, quoted } from './error.ts';

export class ConfigReader {
  readonly #object: JsonObject;
  readonly #what: string;

  /** `what` names the object in messages, e.g. `config.json`. */
  constructor(object: JsonObject, what: string) {
    this.#object = object;
    this.#what = what;
  }

  /** The value as it is; JSON's null counts as missing. */
  raw(key: string): JsonValue | undefined {
    return Object.hasOwn(this.#object, key) ? (this.#object[key] ?? undefined) : undefined;
  }

  keys(): readonly string[] {
    return Object.keys(this.#object);
  }

  integer(key: string, range: { readonly min: number; readonly max: number }): number {
    return this.integerOr(key, range, undefined) ?? this.#missing(key);
  }

  integerOr<T>(key: string, range: { readonly min: number; readonly max: number }, fallback: T): number | T {
    const value = this.raw(key);
    if (value === undefined) return fallback;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < range.min || value > range.max)
      throw this.#wrong(key, `a whole number from ${range.min} to ${range.max}`);
    return value;
  }

  number(key: string): number {
    return this.numberOr(key, undefined) ?? this.#missing(key);
  }

  numberOr<T>(key: string, fallback: T): number | T {
    const value = this.raw(key);
    if (value === undefined) return fallback;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.#wrong(key, 'a number');
    return value;
  }

  textOr<T>(key: string, fallback: T): string | T {
    const value = this.raw(key);
    if (value === undefined) return fallback;
    if (typeof value !== 'string') throw this.#wrong(key, 'a text');
    return value;
  }

  flagOr<T>(key: string, fallback: T): boolean | T {
    const value = this.raw(key);
    if (value === undefined) return fallback;
    if (typeof value !== 'boolean') throw this.#wrong(key, 'true or false');
    return value;
  }

  /** A list of at most `maxLength` numbers. */
  numbersOr<T>(key: string, maxLength: number, fallback: T): readonly number[] | T {
    const value = this.raw(key);
    if (value === undefined) return fallback;
    const isList = Array.isArray(value) && value.length <= maxLength;
    if (!isList || !value.every((item) => typeof item === 'number'))
      throw this.#wrong(key, `a list of at most ${maxLength} numbers`);
    return value;
  }

  /** A list of texts. */
  textsOr<T>(key: string, fallback: T): readonly string[] | T {
    const value = this.raw(key);
    if (value === undefined) return fallback;
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
      throw this.#wrong(key, 'a list of texts');
    return value;
  }

  /** An object, as a reader of its own. */
  objectOr<T>(key: string, fallback: T): ConfigReader | T {
    const value = this.raw(key);
    if (value === undefined) return fallback;
    if (!isJsonObject(value)) throw this.#wrong(key, 'an object');
    return new ConfigReader(value, `${this.#what}: ${key}`);
  }

  /** For a value that is well-formed but means something wrong; `expected` completes "… must be". */
  #wrong(key: string, expected: string): Error {
    return conversionError(`${this.#what}: ${quoted(key)} must be ${expected}`);
  }

  #missing(key: string): never {
    throw conversionError(`${this.#what}: ${quoted(key)} is missing`);
  }
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
