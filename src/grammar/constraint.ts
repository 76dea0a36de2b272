/** What a schema asks of a value, keyword by keyword, in a form that can be intersected. */
import type { JsonValue } from '../types/json.ts';
import type { Automaton } from './automaton.ts';
import { canonicalJson, type Kind } from './json-value.ts';
import type { Bound } from './number-range.ts';
import type { SchemaNode } from './schema-document.ts';

export interface NumberConstraint {
  readonly integer: boolean;
  readonly min: Bound | undefined;
  readonly max: Bound | undefined;
  readonly multiples: readonly { readonly of: number; readonly pointer: string }[];
}

export interface StringConstraint {
  /** In characters. */
  readonly minLength: number;
  /** Infinity = no limit. */
  readonly maxLength: number;
  readonly texts: readonly {
    readonly automaton: Automaton;
    /** Accepts less than the schema does: the common forms of a format. */
    readonly isFormat: boolean;
  }[];
}

/** The items of one schema; several apply together. */
export interface ArrayFacet {
  readonly prefix: readonly SchemaNode[];
  /** For items behind the prefix; undefined = anything. */
  readonly rest: SchemaNode | undefined;
}

export interface ArrayConstraint {
  readonly minItems: number;
  readonly maxItems: number;
  /** Where `uniqueItems` stands; undefined = items may repeat. */
  readonly unique: string | undefined;
  readonly facets: readonly ArrayFacet[];
}

/** The properties of one schema; `additional` only counts for names that the same schema does not mention. */
export interface ObjectFacet {
  readonly properties: ReadonlyMap<string, SchemaNode>;
  readonly patterns: readonly { readonly automaton: Automaton; readonly node: SchemaNode }[];
  readonly additional: SchemaNode | undefined;
}

export interface ObjectConstraint {
  readonly facets: readonly ObjectFacet[];
  /** Names, each once. */
  readonly required: readonly string[];
  readonly minProperties: number;
  readonly maxProperties: number;
  /** Where `minProperties` stands, for errors. */
  readonly countPointer: string | undefined;
  /** Schemas of the property names. */
  readonly names: readonly SchemaNode[];
  /** Only what some schema mentions (`unevaluatedProperties: false`). */
  readonly closed: boolean;
}

/** All keywords of one or more schemas that apply together. */
export interface Constraint {
  /** Undefined = no `type` was given. */
  readonly kinds: ReadonlySet<Kind> | undefined;
  /** Kinds that some keyword speaks of; what is meant when no type is given. */
  readonly mentioned: ReadonlySet<Kind>;
  /** From `enum` and `const`; undefined = any. */
  readonly values: readonly JsonValue[] | undefined;
  readonly number: NumberConstraint;
  readonly string: StringConstraint;
  readonly array: ArrayConstraint;
  readonly object: ObjectConstraint;
}

const allKinds: ReadonlySet<Kind> = new Set<Kind>(['object', 'array', 'string', 'number', 'boolean', 'null']);

export const noConstraint: Constraint = {
  kinds: undefined,
  mentioned: new Set(),
  values: undefined,
  number: { integer: false, min: undefined, max: undefined, multiples: [] },
  string: { minLength: 0, maxLength: Number.POSITIVE_INFINITY, texts: [] },
  array: { minItems: 0, maxItems: Number.POSITIVE_INFINITY, unique: undefined, facets: [] },
  object: {
    facets: [],
    required: [],
    minProperties: 0,
    maxProperties: Number.POSITIVE_INFINITY,
    countPointer: undefined,
    names: [],
    closed: false,
  },
};

/** The kinds that values are made of: the types, else what the keywords speak of, else all. */
export function generatedKinds(constraint: Constraint): ReadonlySet<Kind> {
  if (constraint.kinds !== undefined) return constraint.kinds;
  return constraint.mentioned.size > 0 ? constraint.mentioned : allKinds;
}

/** What both ask for. */
export function intersectConstraints(a: Constraint, b: Constraint): Constraint {
  return {
    kinds: intersectKinds(a.kinds, b.kinds),
    mentioned: new Set([...a.mentioned, ...b.mentioned]),
    values: intersectValues(a.values, b.values),
    number: {
      integer: a.number.integer || b.number.integer,
      min: tighter(a.number.min, b.number.min, 1),
      max: tighter(a.number.max, b.number.max, -1),
      multiples: [...a.number.multiples, ...b.number.multiples],
    },
    string: {
      minLength: Math.max(a.string.minLength, b.string.minLength),
      maxLength: Math.min(a.string.maxLength, b.string.maxLength),
      texts: [...a.string.texts, ...b.string.texts],
    },
    array: {
      minItems: Math.max(a.array.minItems, b.array.minItems),
      maxItems: Math.min(a.array.maxItems, b.array.maxItems),
      unique: a.array.unique ?? b.array.unique,
      facets: [...a.array.facets, ...b.array.facets],
    },
    object: {
      facets: [...a.object.facets, ...b.object.facets],
      required: [...new Set([...a.object.required, ...b.object.required])],
      minProperties: Math.max(a.object.minProperties, b.object.minProperties),
      maxProperties: Math.min(a.object.maxProperties, b.object.maxProperties),
      countPointer: a.object.countPointer ?? b.object.countPointer,
      names: [...a.object.names, ...b.object.names],
      closed: a.object.closed || b.object.closed,
    },
  };
}

function intersectKinds(
  a: ReadonlySet<Kind> | undefined,
  b: ReadonlySet<Kind> | undefined,
): ReadonlySet<Kind> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return new Set([...a].filter((kind) => b.has(kind)));
}

function intersectValues(
  a: readonly JsonValue[] | undefined,
  b: readonly JsonValue[] | undefined,
): readonly JsonValue[] | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const others = new Set(b.map(canonicalJson));
  return a.filter((value) => others.has(canonicalJson(value)));
}

/** `sign` 1: the greater bound, -1: the smaller one; an exclusive bound is tighter than an equal inclusive one. */
function tighter(a: Bound | undefined, b: Bound | undefined, sign: 1 | -1): Bound | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.value !== b.value) return sign * a.value > sign * b.value ? a : b;
  return a.exclusive ? a : b;
}
