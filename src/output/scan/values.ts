/** From the texts of arguments to JSON values. */
import type { JsonObject, JsonValue } from '../../types/json.ts';
import type { Tool } from '../../types/message.ts';
import { readPythonValue } from './python-value.ts';

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isDeclared(tools: readonly Tool[], name: string): boolean {
  return tools.some((tool) => tool.function.name === name);
}

/** undefined = the text is no JSON object. */
export function parseObject(text: string): JsonObject | undefined {
  const value = parseJson(text)?.value;
  return isObject(value) ? value : undefined;
}

function parseJson(text: string): { readonly value: JsonValue } | undefined {
  try {
    return { value: JSON.parse(text) as JsonValue }; // what JSON.parse gives is JSON
  } catch {
    return undefined; // the caller knows what else the text may be
  }
}

/** Arguments are an object, or a string that holds one; a call without any has none. */
export function toArguments(value: JsonValue | undefined): JsonObject | undefined {
  if (value === undefined || value === null) return {};
  if (typeof value === 'string') return parseObject(value);
  return isObject(value) ? value : undefined;
}

/** Whether the tool declares the parameter as text; undefined = it says nothing about it. */
export function isDeclaredText(tools: readonly Tool[], name: string, key: string): boolean | undefined {
  const properties = tools.find((tool) => tool.function.name === name)?.function.parameters.properties;
  const property = isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (!isObject(property) || property.type === undefined) return undefined;
  return property.type === 'string' || (Array.isArray(property.type) && property.type.includes('string'));
}

/** An argument between tags: plain text for strings; JSON, or what Python prints, for everything else. */
export function readTagged(raw: string, isText: boolean | undefined): JsonValue {
  // The line breaks next to the tags belong to the layout, and some templates protect text as XML does.
  const inner = raw.replace(/^\r?\n/, '').replace(/\r?\n$/, '');
  const text = /^<!\[CDATA\[([\s\S]*)\]\]>$/.exec(inner)?.[1] ?? inner;
  if (isText === true) return text;
  const read =
    parseJson(text) ?? (/^(?:[[{(]|True$|False$|None$)/.test(text) ? readPythonValue(text) : undefined);
  return read === undefined ? text : read.value;
}
