/** Calls that are JSON objects with name and arguments. */
import type { JsonValue } from '../../types/json.ts';
import type { JsonCallFormat, JsonCallMember } from '../../types/tool-call-format.ts';
import { findJsonEnd } from '../scan/end-finder.ts';
import { isObject } from '../scan/values.ts';
import { probe } from './probe.ts';
import { type Item, surroundings, withList } from './surroundings.ts';

interface FoundCall extends Item {
  readonly nameKey: string;
  readonly argumentsKey: string;
  readonly members: readonly JsonCallMember[] | undefined;
}

/** undefined = the calls are not written so. */
export function describeJson(text: string, positions: readonly number[]): JsonCallFormat | undefined {
  const calls: FoundCall[] = [];
  for (const [index, position] of positions.entries()) {
    const found = enclosingCall(text, position, probe.names[index] ?? '');
    if (found === undefined) return undefined;
    calls.push(found);
  }
  const [first] = calls;
  if (first === undefined) return undefined;
  const { open, blockOpen, fillers } = surroundings(text, calls);
  return {
    kind: 'json',
    blockOpen: blockOpen || open.replace(/\s*\[$/, ''),
    fillers: withList([open, ...fillers]),
    nameKey: first.nameKey,
    argumentsKey: first.argumentsKey,
    ...(first.members === undefined ? {} : { members: first.members }),
  };
}

/** The smallest JSON object around `position` that holds name and arguments; an outer wrapper object is included. */
function enclosingCall(text: string, position: number, name: string): FoundCall | undefined {
  let found: FoundCall | undefined;
  for (let start = position; ; ) {
    // A negative index would be taken for 0.
    start = start === 0 ? -1 : text.lastIndexOf('{', start - 1);
    if (start < 0) break;
    const end = findJsonEnd(text, start);
    if (end <= position) continue;
    let value: JsonValue;
    try {
      value = JSON.parse(text.slice(start, end)) as JsonValue; // what JSON.parse gives is JSON
    } catch {
      break; // a brace of something else
    }
    if (!isObject(value)) break;
    if (found === undefined) {
      const keys = callKeys(value, name);
      if (keys !== undefined) found = { start, end, ...keys };
    } else if (Object.hasOwn(value, 'function')) {
      found = { ...found, start, end, members: undefined };
    } else {
      break;
    }
  }
  return found;
}

function callKeys(
  value: Readonly<Record<string, JsonValue>>,
  name: string,
): Pick<FoundCall, 'nameKey' | 'argumentsKey' | 'members'> | undefined {
  const keys = Object.keys(value);
  const argumentsKey = keys.find((key) => JSON.stringify(value[key]).includes(probe.values[0]));
  if (argumentsKey === undefined) return undefined;
  if (argumentsKey === name && keys.length === 1)
    return { nameKey: '', argumentsKey: '', members: undefined };
  const nameKey = keys.find((key) => value[key] === name);
  if (nameKey === undefined) return undefined;
  const members = keys.flatMap((key): JsonCallMember[] => {
    const item = value[key];
    if (key === nameKey) return [{ key, holds: 'name' }];
    if (key === argumentsKey) return isObject(item) ? [{ key, holds: 'arguments' }] : [];
    if (typeof item === 'string') return [{ key, holds: 'text' }];
    return typeof item === 'number' ? [{ key, holds: 'number' }] : [];
  });
  return { nameKey, argumentsKey, members: members.length === keys.length ? members : undefined };
}
