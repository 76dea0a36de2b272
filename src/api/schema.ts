/**
 * A small vocabulary for the shapes of requests, as plain data: the server's decoder walks it, TypeScript infers from it.
 *
 * It says what Go's encoding/json would have been told by a struct: every field is optional, `null` means "not set" and
 * unknown keys are nobody's business. (A general schema library would add 200 ms to the start of the program.)
 */
import type { JsonObject, JsonValue } from '../types/json.ts';

/** Never there at run time: it carries the type of fitting values for the compiler. */
interface Typed<T> {
  readonly '~type'?: T;
}

export interface StringSchema extends Typed<string> {
  readonly kind: 'string';
}
export interface BooleanSchema extends Typed<boolean> {
  readonly kind: 'boolean';
}
/** A number without a fraction, within ±2^53. */
export interface IntegerSchema extends Typed<number> {
  readonly kind: 'integer';
}
/** Any JSON value, taken as it is. */
export interface AnySchema extends Typed<JsonValue> {
  readonly kind: 'any';
}
/** Any JSON object, taken as it is. */
export interface AnyObjectSchema extends Typed<JsonObject> {
  readonly kind: 'anyObject';
}
export interface ArraySchema<Item = unknown> extends Typed<Item[]> {
  readonly kind: 'array';
  readonly items: Schema;
}
/** An object with keys of the client's choice. */
export interface MapSchema<Value = unknown> extends Typed<Record<string, Value>> {
  readonly kind: 'map';
  readonly values: Schema;
}
export interface ObjectSchema<T = unknown> extends Typed<T> {
  readonly kind: 'object';
  /** Shown in error messages. */
  readonly name: string;
  readonly fields: Readonly<Record<string, Schema>>;
}

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
export type Infer<S> = S extends Typed<infer T> ? T : never;

type InferFields<Fields> = { -readonly [K in keyof Fields]?: Infer<Fields[K]> };

export const string: StringSchema = { kind: 'string' };
export const boolean: BooleanSchema = { kind: 'boolean' };
export const integer: IntegerSchema = { kind: 'integer' };
export const any: AnySchema = { kind: 'any' };
export const anyObject: AnyObjectSchema = { kind: 'anyObject' };

export function array<Item extends Schema>(items: Item): ArraySchema<Infer<Item>> {
  return { kind: 'array', items };
}

export function map<Value extends Schema>(values: Value): MapSchema<Infer<Value>> {
  return { kind: 'map', values };
}

export function object<Fields extends Readonly<Record<string, Schema>>>(
  name: string,
  fields: Fields,
): ObjectSchema<InferFields<Fields>> {
  return { kind: 'object', name, fields };
}
