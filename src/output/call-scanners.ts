/** Reads one tool call at the start of a text, a scanner for each way of writing calls. */
import type { JsonObject, JsonValue } from '../types/json.ts';
import type { Tool } from '../types/message.ts';
import type {
  JsonCallFormat,
  NamedCallFormat,
  PythonCallFormat,
  TaggedCallFormat,
  ToolCallFormat,
} from '../types/tool-call-format.ts';
import { findJsonEnd } from './json-scan.ts';
import { readPythonCall } from './python-call.ts';

/** `more`: the text may become a call; `none`: it cannot. */
export type ScanResult =
  | { readonly type: 'call'; readonly name: string; readonly arguments: JsonObject; readonly end: number }
  | { readonly type: 'more' }
  | { readonly type: 'none' };

const more: ScanResult = { type: 'more' };
const none: ScanResult = { type: 'none' };

/** Scans at the start of `text`, which begins with no white space. */
export function scanCall(format: ToolCallFormat, text: string, tools: readonly Tool[]): ScanResult {
  switch (format.kind) {
    case 'json':
      return scanJson(format, text, tools);
    case 'named':
      return scanNamed(format, text);
    case 'tagged':
      return scanTagged(format, text, tools);
    case 'python':
      return scanPython(format, text, tools);
  }
}

/** A cursor over a growing text; its moves tell whether they found, lack text, or cannot find. */
class Cursor {
  readonly text: string;
  position = 0;

  constructor(text: string) {
    this.text = text;
  }

  get rest(): string {
    return this.text.slice(this.position);
  }

  skipSpace(): void {
    while (/\s/.test(this.text[this.position] ?? '')) this.position++;
  }

  /** Skips white space and `literal`. */
  expect(literal: string): 'found' | 'more' | 'none' {
    this.skipSpace();
    if (literal === '') return 'found';
    if (this.text.startsWith(literal, this.position)) {
      this.position += literal.length;
      return 'found';
    }
    return literal.startsWith(this.rest) ? 'more' : 'none';
  }

  /** The text up to `literal`, which is skipped; undefined when it has not come yet. */
  until(literal: string): string | undefined {
    const end = this.text.indexOf(literal, this.position);
    if (end < 0) return undefined;
    const found = this.text.slice(this.position, end);
    this.position = end + literal.length;
    return found;
  }
}

function scanJson(format: JsonCallFormat, text: string, tools: readonly Tool[]): ScanResult {
  if (!text.startsWith('{')) return none;
  const end = findJsonEnd(text, 0);
  if (end < 0) return more;
  const object = parseObject(text.slice(0, end));
  if (object === undefined) return none;
  // Some templates wrap the call as OpenAI's API does: {"type": "function", "function": {…}}.
  const call = isObject(object.function) ? object.function : object;
  const name = call[format.nameKey] ?? call.name;
  if (typeof name !== 'string') return none;
  // Without a tag, any JSON answer looks like a call: only the name of a declared tool makes it one.
  if (format.blockOpen === '' && !isDeclared(tools, name)) return none;
  const args = toArguments(call[format.argumentsKey] ?? call.arguments ?? call.parameters);
  return args === undefined ? none : { type: 'call', name, arguments: args, end };
}

function scanNamed(format: NamedCallFormat, text: string): ScanResult {
  const cursor = new Cursor(text);
  const open = cursor.expect(format.beforeName);
  if (open !== 'found') return open === 'more' ? more : none;
  cursor.skipSpace();
  const name = /^[\w./-]*/.exec(cursor.rest)?.[0] ?? '';
  const afterName = cursor.position + name.length;
  if (afterName === text.length) return name.length > maxNameLength ? none : more;
  if (!isName(name)) return none;
  // An id or a marker may stand between: `:0<|tool_call_argument_begin|>`, `<|constrain|>json<|message|>`.
  const brace = text.indexOf('{', afterName);
  if (brace < 0) return text.length - afterName > maxMarkerLength ? none : more;
  if (brace - afterName > maxMarkerLength) return none;
  const end = findJsonEnd(text, brace);
  if (end < 0) return more;
  const args = parseObject(text.slice(brace, end));
  return args === undefined ? none : { type: 'call', name, arguments: args, end };
}

function scanTagged(format: TaggedCallFormat, text: string, tools: readonly Tool[]): ScanResult {
  const cursor = new Cursor(text);
  const open = cursor.expect(format.beforeName);
  if (open !== 'found') return open === 'more' ? more : none;
  const start = cursor.position;
  const name = readTaggedName(format, cursor);
  if (name === undefined) return text.length - start > maxNameLength ? none : more;
  if (!isName(name)) return none;
  const args: JsonObject = {};
  for (;;) {
    if (format.callClose !== '') {
      const close = cursor.expect(format.callClose);
      if (close === 'found') return { type: 'call', name, arguments: args, end: cursor.position };
      if (close === 'more') return more;
    }
    const next = cursor.expect(format.beforeKey);
    if (next === 'more') return more;
    if (next === 'none')
      return format.callClose === '' ? { type: 'call', name, arguments: args, end: cursor.position } : none;
    const key = cursor.until(format.afterKey);
    if (key === undefined) return more;
    const value = cursor.until(format.afterValue);
    if (value === undefined) return more;
    args[key.trim()] = typedValue(value, parameterType(tools, name, key.trim()));
  }
}

/** The name ends at `afterName`, or at the first argument where nothing else marks its end. */
function readTaggedName(format: TaggedCallFormat, cursor: Cursor): string | undefined {
  if (format.afterName !== '') return cursor.until(format.afterName)?.trim();
  const start = cursor.position;
  const ends = [format.beforeKey, format.callClose]
    .filter((literal) => literal !== '')
    .map((literal) => cursor.text.indexOf(literal, start))
    .filter((index) => index >= 0);
  if (ends.length === 0) return undefined;
  cursor.position = Math.min(...ends);
  return cursor.text.slice(start, cursor.position).trim();
}

function scanPython(_format: PythonCallFormat, text: string, tools: readonly Tool[]): ScanResult {
  const result = readPythonCall(text);
  if (result === 'more' || result === 'none') return { type: result };
  return isDeclared(tools, result.name) ? { type: 'call', ...result } : none;
}

const maxNameLength = 256;
/** What stands between a name and its arguments is short. */
const maxMarkerLength = 128;

function isName(text: string): boolean {
  return text.length > 0 && text.length <= maxNameLength && /^[\w.:/-]+$/.test(text);
}

function isDeclared(tools: readonly Tool[], name: string): boolean {
  return tools.some((tool) => tool.function.name === name);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as JsonValue; // what JSON.parse gives is JSON
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // not JSON: the caller passes the text on as content
  }
}

/** Arguments are an object, or a string that holds one; a call without any has none. */
function toArguments(value: JsonValue | undefined): JsonObject | undefined {
  if (value === undefined || value === null) return {};
  if (typeof value === 'string') return parseObject(value);
  return isObject(value) ? value : undefined;
}

/** The declared type of a tool's parameter. */
function parameterType(tools: readonly Tool[], name: string, key: string): JsonValue | undefined {
  const properties = tools.find((tool) => tool.function.name === name)?.function.parameters.properties;
  const property = isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined;
  return isObject(property) ? property.type : undefined;
}

/** Values between tags are plain text for strings and JSON for everything else. */
function typedValue(raw: string, type: JsonValue | undefined): JsonValue {
  // The line breaks next to the tags belong to the layout.
  const text = raw.replace(/^\r?\n/, '').replace(/\r?\n$/, '');
  const isString = type === 'string' || (Array.isArray(type) && type.includes('string'));
  if (isString) return text;
  try {
    return JSON.parse(text) as JsonValue; // what JSON.parse gives is JSON
  } catch {
    return text;
  }
}
