/** Checks a value against a constraint, for the values of `enum` and `const`. */
import type { JsonObject, JsonValue } from '../types/json.ts';
import type { Conjunction, SchemaAnalysis } from './analysis.ts';
import { accepts } from './automaton.ts';
import type {
  ArrayConstraint,
  Constraint,
  NumberConstraint,
  ObjectConstraint,
  StringConstraint,
} from './constraint.ts';
import { canonicalJson, kindOf } from './json-value.ts';
import { namedSchemas } from './object-shape.ts';

/** A listed value must have the common form of its format, too: what is written never breaks the schema. */
export function admits(constraint: Constraint, value: JsonValue, analysis: SchemaAnalysis): boolean {
  if (constraint.kinds !== undefined && !constraint.kinds.has(kindOf(value))) return false;
  if (constraint.values !== undefined && !keysOf(constraint.values).has(canonicalJson(value))) return false;
  if (typeof value === 'number') return admitsNumber(constraint.number, value);
  if (typeof value === 'string') return admitsString(constraint.string, value);
  if (Array.isArray(value)) return admitsArray(constraint.array, value, analysis);
  return typeof value !== 'object' || value === null || admitsObject(constraint.object, value, analysis);
}

const keysOfLists = new WeakMap<readonly JsonValue[], ReadonlySet<string>>();

/** Made once for each list: lists may be long, and are asked about each of their values. */
function keysOf(values: readonly JsonValue[]): ReadonlySet<string> {
  let keys = keysOfLists.get(values);
  if (keys === undefined) {
    keys = new Set(values.map(canonicalJson));
    keysOfLists.set(values, keys);
  }
  return keys;
}

function admitsNumber({ integer, min, max, multiples }: NumberConstraint, value: number): boolean {
  if (integer && !Number.isInteger(value)) return false;
  if (min !== undefined && (min.exclusive ? value <= min.value : value < min.value)) return false;
  if (max !== undefined && (max.exclusive ? value >= max.value : value > max.value)) return false;
  return multiples.every(({ of }) => Math.abs(value / of - Math.round(value / of)) < 1e-9);
}

function admitsString({ minLength, maxLength, texts }: StringConstraint, value: string): boolean {
  const length = [...value].length;
  if (length < minLength || length > maxLength) return false;
  return texts.every(({ automaton }) => accepts(automaton, value));
}

function admitsArray(
  constraint: ArrayConstraint,
  value: readonly JsonValue[],
  analysis: SchemaAnalysis,
): boolean {
  const { minItems, maxItems, unique, facets } = constraint;
  if (value.length < minItems || value.length > maxItems) return false;
  if (unique !== undefined && new Set(value.map(canonicalJson)).size < value.length) return false;
  return facets.every(({ prefix, rest }) =>
    value.every((item, i) => {
      const node = prefix[i] ?? rest;
      return node === undefined || analysis.admits([node], item);
    }),
  );
}

function admitsObject(constraint: ObjectConstraint, value: JsonObject, analysis: SchemaAnalysis): boolean {
  const { facets, required, minProperties, maxProperties, names, closed } = constraint;
  const keys = Object.keys(value);
  if (keys.length < minProperties || keys.length > maxProperties) return false;
  if (!required.every((name) => Object.hasOwn(value, name))) return false;
  return keys.every((key) => {
    const nodes: Conjunction = facets.flatMap((facet) => namedSchemas(facet, key));
    if (closed && nodes.length === 0) return false;
    return analysis.admits(nodes, value[key]!) && (names.length === 0 || analysis.admits(names, key));
  });
}
