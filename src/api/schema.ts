/**
 * A small vocabulary for the shapes of requests, as plain data: the server's decoder walks it, TypeScript infers from it.
 *
 * It says what Go's encoding/json would have been told by a struct: every field is optional, `null` means "not set" and
 * unknown keys are nobody's business. (A general schema library would add 200 ms to the start of the program.)
 */
import type { JsonObject, JsonValue } from '../types/json.ts';

export interface StringSchema {
  readonly kind: 'string';
}
export interface BooleanSchema {
  readonly kind: 'boolean';
}
/** A number without a fraction, within ±2^53. */
export interface IntegerSchema {
  readonly kind: 'integer';
}
/** Any JSON value, taken as it is. */
export interface AnySchema {
  readonly kind: 'any';
}
/** Any JSON object, taken as it is. */
export interface AnyObjectSchema {
  readonly kind: 'anyObject';
}
export interface ArraySchema<Item extends Schema = Schema> {
  readonly kind: 'array';
  readonly items: Item;
}
/** An object with keys of the client's choice. */
export interface MapSchema<Value extends Schema = Schema> {
  readonly kind: 'map';
  readonly values: Value;
}
export interface ObjectSchema<Fields extends SchemaFields = SchemaFields> {
  readonly kind: 'object';
  /** Shown in error messages. */
  readonly name: string;
  readonly fields: Fields;
}
export type SchemaFields = { readonly [key: string]: Schema };

export type Schema =
  | StringSchema
  | BooleanSchema
  | IntegerSchema
  | AnySchema
  | AnyObjectSchema
  | ArraySchema
  | MapSchema
  | ObjectSchema;

/** The type of values that fit `S`. */
export type Infer<S> = S extends StringSchema
  ? string
  : S extends BooleanSchema
    ? boolean
    : S extends IntegerSchema
      ? number
      : S extends AnySchema
        ? JsonValue
        : S extends AnyObjectSchema
          ? JsonObject
          : S extends ArraySchema<infer Item>
            ? Infer<Item>[]
            : S extends MapSchema<infer Value>
              ? Record<string, Infer<Value>>
              : S extends ObjectSchema<infer Fields>
                ? { -readonly [K in keyof Fields]?: Infer<Fields[K]> }
                : never;

export const string: StringSchema = { kind: 'string' };
export const boolean: BooleanSchema = { kind: 'boolean' };
export const integer: IntegerSchema = { kind: 'integer' };
export const any: AnySchema = { kind: 'any' };
export const anyObject: AnyObjectSchema = { kind: 'anyObject' };

export function array<Item extends Schema>(items: Item): ArraySchema<Item> {
  return { kind: 'array', items };
}

export function map<Value extends Schema>(values: Value): MapSchema<Value> {
  return { kind: 'map', values };
}

export function object<Fields extends SchemaFields>(name: string, fields: Fields): ObjectSchema<Fields> {
  return { kind: 'object', name, fields };
}
