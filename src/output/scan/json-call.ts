/** Reads a call that is one JSON object. */
import type { JsonObject } from '../../types/json.ts';
import type { Tool } from '../../types/message.ts';
import type { JsonCallFormat } from '../../types/tool-call-format.ts';
import { EndFinder } from './end-finder.ts';
import { type CallScanner, more, none } from './types.ts';
import { isDeclared, isObject, parseObject, toArguments } from './values.ts';

export function jsonScanner(format: JsonCallFormat, tools: readonly Tool[]): CallScanner {
  const finder = new EndFinder(0);
  return (text) => {
    if (!text.startsWith('{')) return none;
    const end = finder.find(text);
    if (end < 0) return more;
    const object = parseObject(text.slice(0, end));
    const call = object && readCall(format, object);
    if (call === undefined) return none;
    // Without a tag, any JSON answer looks like a call: only the name of a declared tool makes it one.
    if (format.blockOpen === '' && !isDeclared(tools, call.name)) return none;
    return { type: 'call', ...call, end };
  };
}

function readCall(
  { nameKey, argumentsKey }: JsonCallFormat,
  object: JsonObject,
): { name: string; arguments: JsonObject } | undefined {
  if (nameKey === '') {
    const [entry, ...others] = Object.entries(object);
    if (entry === undefined || others.length > 0 || !isObject(entry[1])) return undefined;
    return { name: entry[0], arguments: entry[1] };
  }
  // Some templates wrap the call as OpenAI's API does: {"type": "function", "function": {…}}.
  const call = isObject(object.function) ? object.function : object;
  const name = call[nameKey] ?? call.name;
  if (typeof name !== 'string') return undefined;
  const args = toArguments(call[argumentsKey] ?? call.arguments ?? call.parameters);
  return args === undefined ? undefined : { name, arguments: args };
}
