/**
 * The values that templates compute with: Go's, as far as templates can tell them apart. A closed set of our own types, so that
 * no template reaches a JavaScript object or its prototype.
 */
import { CriaError } from '../../errors.ts';
import type { JsonValue } from '../../types/json.ts';
import { maxDataDepth } from './limits.ts';

/**
 * bigint is Go's int and number its float64 (finite: neither JSON nor a literal makes others). `null` is a nil interface (a null in data, a missing key); `undefined` is no
 * value at all, which is what a pipeline makes of the former. Both print as `<no value>`, but only `undefined` has fields.
 */
export type GoValue = undefined | null | boolean | string | bigint | number | GoSlice | GoMap | GoStruct;

/** How a named type differs from its plain form. */
interface TypeTraits {
  /** As `%T` and error messages name it. */
  readonly name: string;
  /** Prints as compact JSON instead of Go's `[…]`, `map[…]` or `{…}`. */
  readonly printsAsJson?: boolean;
}

export interface GoSliceType extends TypeTraits {
  /** A slice of one element prints and encodes as that element, an empty one prints as nothing. */
  readonly unwrapsSingle?: boolean;
}

export interface GoMapType extends TypeTraits {
  /** What a missing key gives. */
  readonly zero: () => GoValue;
  /** Encode keys in their own order; otherwise they are sorted, as Go's maps are. */
  readonly keepsOrder?: boolean;
}

export interface GoField {
  readonly name: string;
  /** Key in JSON; default: the name. */
  readonly json?: string;
  /** Left out of JSON when nil, "", 0, false or of length 0. */
  readonly omitEmpty?: boolean;
}

export interface GoStructType extends TypeTraits {
  readonly fields: readonly GoField[];
}

export class GoSlice {
  readonly type: GoSliceType;
  readonly items: readonly GoValue[];
  /** A nil slice equals nil and encodes as null. */
  readonly isNil: boolean;

  constructor(type: GoSliceType, items: readonly GoValue[] | undefined) {
    this.type = type;
    this.items = items ?? [];
    this.isNil = items === undefined;
  }
}

export class GoMap {
  readonly type: GoMapType;
  readonly entries: ReadonlyMap<string, GoValue>;
  readonly isNil: boolean;

  constructor(type: GoMapType, entries: ReadonlyMap<string, GoValue> | undefined) {
    this.type = type;
    this.entries = entries ?? new Map();
    this.isNil = entries === undefined;
  }

  get(key: string): GoValue {
    const value = this.entries.get(key);
    return value === undefined ? this.type.zero() : value;
  }

  /** As `range` and printing visit them. */
  sortedEntries(): [string, GoValue][] {
    return [...this.entries].sort(([a], [b]) => compareStrings(a, b));
  }
}

export class GoStruct {
  readonly type: GoStructType;
  /** In the order of the type's fields. */
  readonly values: readonly GoValue[];

  constructor(type: GoStructType, values: readonly GoValue[]) {
    this.type = type;
    this.values = values;
  }

  has(field: string): boolean {
    return this.type.fields.some(({ name }) => name === field);
  }

  get(field: string): GoValue {
    return this.values[this.type.fields.findIndex(({ name }) => name === field)];
  }
}

/** `[]interface {}`, the type of a JSON array. */
export const anySlice: GoSliceType = { name: '[]interface {}' };
export const stringSlice: GoSliceType = { name: '[]string' };
/** `map[string]interface {}`, the type of a JSON object. */
export const anyMap: GoMapType = { name: 'map[string]interface {}', zero: () => null };

/** Go's name of a value's type. */
export function typeName(value: GoValue): string {
  switch (typeof value) {
    case 'undefined':
      return '<nil>';
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float64';
    default:
      return value === null ? 'interface {}' : value.type.name;
  }
}

/** What `if`, `and`, `or` and `not` go by. */
export function isTrue(value: GoValue): boolean {
  if (value instanceof GoSlice) return value.items.length > 0;
  if (value instanceof GoMap) return value.entries.size > 0;
  return Boolean(value);
}

/** Order of Go strings: by bytes of UTF-8, that is by code points. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [unitA, unitB] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (unitA === unitB) continue;
    // Surrogates stand for code points above all other units.
    const surrogates = Number(isSurrogate(unitA)) - Number(isSurrogate(unitB));
    return surrogates === 0 ? unitA - unitB : surrogates;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** The value that Go's decoder makes of JSON: numbers are floats, objects maps. Throws `bad_request` for absurd nesting. */
export function fromJson(json: JsonValue | undefined, depth = 0): GoValue {
  if (json === undefined) return null;
  if (typeof json !== 'object' || json === null) return json;
  checkDataDepth(depth);
  if (Array.isArray(json))
    return new GoSlice(
      anySlice,
      json.map((item) => fromJson(item, depth + 1)),
    );
  return new GoMap(
    anyMap,
    mapFromJson(json, (item) => fromJson(item, depth + 1)),
  );
}

/** Refuses data that nests deeper than any real conversation; recursion over accepted data cannot exhaust the stack. */
export function checkDataDepth(depth: number): void {
  if (depth < maxDataDepth) return;
  throw new CriaError('bad_request', 'the conversation holds data that nests too deeply');
}

/** Own keys of a JSON object with converted values. */
export function mapFromJson(
  object: Readonly<Record<string, JsonValue>>,
  convert: (value: JsonValue) => GoValue,
): Map<string, GoValue> {
  return new Map(Object.entries(object).map(([key, value]) => [key, convert(value)]));
}
