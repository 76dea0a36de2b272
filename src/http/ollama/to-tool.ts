/**
 * Tool definitions as Ollama keeps them: the JSON Schema keywords that it knows, in the order in which it writes them into
 * prompts; all others are dropped. The order of properties stays the client's.
 */
import { any, anyObject, array, map, object, string } from '../../api/schema.ts';
import type { WireTool } from '../../api/schemas/message.ts';
import { CriaError } from '../../errors.ts';
import type { JsonObject, JsonValue } from '../../types/json.ts';
import type { Tool } from '../../types/message.ts';
import { decode } from '../decode.ts';

const parametersSchema = object('ToolFunctionParameters', {
  type: string,
  $defs: any,
  items: any,
  required: array(string),
  properties: map(anyObject),
});

const propertySchema = object('ToolProperty', {
  anyOf: array(anyObject),
  type: any,
  items: any,
  description: string,
  enum: array(any),
  properties: map(anyObject),
  required: array(string),
});

/** Throws `bad_request` where a keyword has the wrong type. */
export function toTool({ type, items, function: wire = {} }: WireTool): Tool {
  const { name = '', description, parameters = {} } = wire;
  return {
    type: type ?? '',
    ...(items === undefined ? {} : { items }),
    function: {
      name,
      ...(description === undefined || description === '' ? {} : { description }),
      parameters: toParameters(parameters),
    },
  };
}

function toParameters(wire: JsonObject): JsonObject {
  const { type, $defs, items, required, properties } = decode(parametersSchema, wire);
  return withoutUndefined({
    type: type ?? '',
    $defs,
    items,
    required: nonEmpty(required),
    properties: properties === undefined ? null : toProperties(properties),
  });
}

function toProperty(wire: JsonObject): JsonObject {
  const {
    anyOf,
    type,
    items,
    description,
    enum: values,
    properties,
    required,
  } = decode(propertySchema, wire);
  return withoutUndefined({
    anyOf: nonEmpty(anyOf?.map(toProperty)),
    type: toType(type),
    items,
    description: description === '' ? undefined : description,
    enum: nonEmpty(values),
    properties: properties === undefined ? undefined : toProperties(properties),
    required: nonEmpty(required),
  });
}

/** One name, or several; a list of one is that one. */
function toType(wire: JsonValue | undefined): JsonValue | undefined {
  if (wire === undefined || typeof wire === 'string') return wire === '' ? undefined : wire;
  if (!Array.isArray(wire) || !wire.every((name) => typeof name === 'string'))
    throw new CriaError('bad_request', "a tool property's type must be a string or a list of strings");
  return wire.length === 1 ? wire[0] : nonEmpty(wire);
}

function toProperties(wire: Readonly<Record<string, JsonObject>>): JsonObject {
  return Object.fromEntries(Object.entries(wire).map(([name, property]) => [name, toProperty(property)]));
}

function nonEmpty<T>(items: T[] | undefined): T[] | undefined {
  return items === undefined || items.length === 0 ? undefined : items;
}

function withoutUndefined(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const entries = Object.entries(fields).filter(
    (entry): entry is [string, JsonValue] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}
