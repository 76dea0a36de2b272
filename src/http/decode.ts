/**
 * Turns parsed JSON into what a schema says, by the rules of Go's encoding/json: keys in any case (the exact one wins),
 * unknown keys dropped, null = not set, a wrong type is an error that names the field.
 */
import type { ObjectSchema, Schema } from '../api/schema.ts';
import { CriaError } from '../errors.ts';
import type { JsonObject, JsonValue } from '../types/json.ts';

/** Throws `bad_request`. `null` decodes to an object without fields. */
export function decode<T>(schema: ObjectSchema<T>, value: JsonValue): T {
  // The walk builds what `Infer` computed from the same schema; the compiler cannot follow both.
  return decodeValue(schema, value, { struct: schema.name, path: [] }) as T;
}

/** Where in the request a value stands, for error messages. */
interface Place {
  readonly struct: string;
  readonly path: readonly string[];
}

/** `value` is bounded in depth by `scanJson`, so recursion is safe. */
function decodeValue(schema: Schema, value: JsonValue, place: Place): unknown {
  if (value === null) return zeroOf(schema);
  switch (schema.kind) {
    case 'any':
      return value;
    case 'string':
      return typeof value === 'string' ? value : wrongType(schema, value, place);
    case 'boolean':
      return typeof value === 'boolean' ? value : wrongType(schema, value, place);
    case 'integer':
      return Number.isSafeInteger(value) ? value : wrongType(schema, value, place);
    case 'array':
      if (!Array.isArray(value)) return wrongType(schema, value, place);
      return value.map((item) => decodeValue(schema.items, item, place));
    case 'anyObject':
      return isObject(value) ? value : wrongType(schema, value, place);
    case 'map':
      if (!isObject(value)) return wrongType(schema, value, place);
      return mapValues(value, (item) => decodeValue(schema.values, item, place));
    case 'object':
      return isObject(value) ? decodeObject(schema, value, place) : wrongType(schema, value, place);
  }
}

function decodeObject(schema: ObjectSchema, value: JsonObject, place: Place): Record<string, unknown> {
  const fields = fieldsOf(schema);
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const field = fields.get(key) ?? fields.get(key.toLowerCase());
    if (field === undefined || item === null) continue;
    const isExact = field.name === key;
    if (!isExact && (value[field.name] ?? null) !== null) continue;
    result[field.name] = decodeValue(field.schema, item, { ...place, path: [...place.path, field.name] });
  }
  return result;
}

interface Field {
  readonly name: string;
  readonly schema: Schema;
}

const fieldMaps = new WeakMap<ObjectSchema, ReadonlyMap<string, Field>>();

/** Fields by name and by name in lower case. */
function fieldsOf(schema: ObjectSchema): ReadonlyMap<string, Field> {
  let fields = fieldMaps.get(schema);
  if (fields === undefined) {
    const all = Object.entries(schema.fields).map(([name, field]) => ({ name, schema: field }));
    const byFoldedName = all.map((field) => [field.name.toLowerCase(), field] as const);
    const byName = all.map((field) => [field.name, field] as const);
    fields = new Map([...byFoldedName, ...byName]);
    fieldMaps.set(schema, fields);
  }
  return fields;
}

/** What Go leaves in a list or map where null stands. */
function zeroOf(schema: Schema): unknown {
  switch (schema.kind) {
    case 'any':
      return null;
    case 'string':
      return '';
    case 'boolean':
      return false;
    case 'integer':
      return 0;
    case 'array':
      return [];
    case 'anyObject':
    case 'map':
    case 'object':
      return {};
  }
}

function wrongType(schema: Schema, value: JsonValue, place: Place): never {
  const into =
    place.path.length === 0
      ? `Go value of type api.${place.struct}`
      : `Go struct field ${place.struct}.${place.path.join('.')} of type ${goType(schema)}`;
  throw new CriaError('bad_request', `json: cannot unmarshal ${kindOf(schema, value)} into ${into}`);
}

function kindOf(schema: Schema, value: JsonValue): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' && schema.kind === 'integer') return `number ${value}`;
  return typeof value;
}

function goType(schema: Schema): string {
  switch (schema.kind) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'integer':
      return 'int';
    case 'any':
      return 'interface {}';
    case 'array':
      return `[]${goType(schema.items)}`;
    case 'anyObject':
      return 'map[string]interface {}';
    case 'map':
      return `map[string]${goType(schema.values)}`;
    case 'object':
      return `api.${schema.name}`;
  }
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `Object.fromEntries` defines properties, so that a key `__proto__` is a key like any other. */
function mapValues(value: JsonObject, map: (item: JsonValue) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, map(item)]));
}
