/** Finds out how a model writes tool calls by rendering a probe with its template and looking at what came out. */
import type { JsonValue } from '../types/json.ts';
import type { Message, Tool } from '../types/message.ts';
import type { ToolCallFormat } from '../types/tool-call-format.ts';
import { findJsonEnd } from './json-scan.ts';
import { createToolCallParser } from './tool-calls.ts';

/** Renders a conversation with the template; throws when the template refuses it. */
export type RenderProbe = (messages: readonly Message[], tools: readonly Tool[]) => string;

/** Words that no template contains, one a thing that has to be found again. */
const probe = {
  names: ['zqtoola', 'zqtoolb'],
  keys: ['zqkeya', 'zqkeyb'],
  values: ['zqvala', 'zqvalb'],
} as const;

const probeArguments = Object.fromEntries(probe.keys.map((key, i) => [key, probe.values[i] ?? '']));

const tools: readonly Tool[] = probe.names.map((name) => ({
  type: 'function',
  function: {
    name,
    description: 'probe',
    parameters: {
      type: 'object',
      properties: Object.fromEntries(
        probe.keys.map((key) => [key, { type: 'string', description: 'probe' }]),
      ),
      required: [...probe.keys],
    },
  },
}));

/** undefined = the template shows no calls, or in a way that is not understood. */
export function deriveToolCallFormat(render: RenderProbe): ToolCallFormat | undefined {
  for (const count of [2, 1]) {
    const rendered = renderCalls(render, count);
    if (rendered === undefined) continue;
    const format = describe(rendered, count);
    if (format !== undefined && isRight(format, rendered, count)) return format;
  }
  return undefined;
}

/** Holds the format against the probe: its own calls must come back. */
function isRight(format: ToolCallFormat, rendered: Rendered, count: number): boolean {
  const parser = createToolCallParser(format, tools);
  const pieces = [...parser.push(afterTurnStart(rendered.text, rendered.turnStart)), ...parser.end()];
  const found = pieces.flatMap((piece) => (piece.type === 'toolCall' ? [[piece.name, piece.arguments]] : []));
  const expected = probe.names.slice(0, count).map((name) => [name, probeArguments]);
  return JSON.stringify(found) === JSON.stringify(expected);
}

/** A rendered conversation, from the end of the user's message on. */
interface Rendered {
  readonly text: string;
  /** What a prompt ends with after the user's message. */
  readonly turnStart: string;
}

/** What the template makes of an assistant message with `count` calls. */
function renderCalls(render: RenderProbe, count: number): Rendered | undefined {
  const user: Message = { role: 'user', content: 'zquser' };
  const toolCalls = probe.names.slice(0, count).map((name, index) => ({
    id: `call0000${index}`,
    index,
    name,
    arguments: probeArguments,
  }));
  try {
    const text = render([user, { role: 'assistant', content: '', toolCalls }], tools);
    // Templates put the declarations before the last user message, or after it; calls come last.
    const start = text.lastIndexOf('zquser') + 'zquser'.length;
    const isShown = probe.names.slice(0, count).every((name) => text.indexOf(name, start) >= 0);
    if (!isShown) return undefined;
    const prompt = render([user], tools);
    return {
      text: text.slice(start),
      turnStart: prompt.slice(prompt.lastIndexOf('zquser') + 'zquser'.length),
    };
  } catch {
    return undefined; // the template refuses such a message
  }
}

/** Where one call stands in the rendered text. */
interface Item {
  readonly start: number;
  readonly end: number;
}

function describe(rendered: Rendered, count: number): ToolCallFormat | undefined {
  const positions = namePositions(rendered.text, count);
  if (positions === undefined) return undefined;
  return (
    describeJson(rendered, positions) ??
    describeNamed(rendered, positions) ??
    describePython(rendered, positions) ??
    describeTagged(rendered, positions)
  );
}

/** The last places where each name stands before the probe's values: declarations may come before. */
function namePositions(text: string, count: number): readonly number[] | undefined {
  const positions: number[] = [];
  let before = text.length;
  for (const name of probe.names.slice(0, count).reverse()) {
    const value = text.lastIndexOf(probe.values[0], before);
    const position = value < 0 ? -1 : text.lastIndexOf(name, value);
    if (position < 0) return undefined;
    positions.unshift(position);
    before = position;
  }
  return positions;
}

function describeJson(rendered: Rendered, positions: readonly number[]): ToolCallFormat | undefined {
  const { text } = rendered;
  const items: Item[] = [];
  let keys: { nameKey: string; argumentsKey: string } | undefined;
  for (const [index, position] of positions.entries()) {
    const found = enclosingCall(text, position, probe.names[index] ?? '');
    if (found === undefined) return undefined;
    items.push(found);
    keys ??= found;
  }
  if (keys === undefined) return undefined;
  const { open, blockOpen, fillers } = surroundings(rendered, items);
  return {
    kind: 'json',
    blockOpen: blockOpen || open,
    fillers: withList([open, ...fillers]),
    nameKey: keys.nameKey,
    argumentsKey: keys.argumentsKey,
  };
}

/** The smallest JSON object around `position` that holds name and arguments; an outer wrapper object is included. */
function enclosingCall(
  text: string,
  position: number,
  name: string,
): (Item & { nameKey: string; argumentsKey: string }) | undefined {
  let found: (Item & { nameKey: string; argumentsKey: string }) | undefined;
  for (let start = text.lastIndexOf('{', position); start >= 0; start = text.lastIndexOf('{', start - 1)) {
    const end = findJsonEnd(text, start);
    if (end <= position) continue;
    let value: JsonValue;
    try {
      value = JSON.parse(text.slice(start, end)) as JsonValue; // what JSON.parse gives is JSON
    } catch {
      break; // a brace of something else
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) break;
    if (found === undefined) {
      const nameKey = Object.keys(value).find((key) => value[key] === name);
      const argumentsKey = Object.keys(value).find((key) =>
        JSON.stringify(value[key]).includes(probe.values[0]),
      );
      if (nameKey === undefined || argumentsKey === undefined) continue;
      found = { start, end, nameKey, argumentsKey };
    } else if (Object.hasOwn(value, 'function')) {
      found = { ...found, start, end };
    } else {
      break;
    }
    if (start === 0) break;
  }
  return found;
}

function describeNamed(rendered: Rendered, positions: readonly number[]): ToolCallFormat | undefined {
  const { text } = rendered;
  const items: Item[] = [];
  for (const [index, position] of positions.entries()) {
    const brace = text.indexOf('{', position);
    if (brace < 0 || brace > (positions[index + 1] ?? text.length)) return undefined;
    const end = findJsonEnd(text, brace);
    if (end < 0 || !isProbeArguments(text.slice(brace, end))) return undefined;
    items.push({ start: position, end });
  }
  const { open, blockOpen, fillers } = surroundings(rendered, items);
  if (open === '' && blockOpen === '') return undefined;
  return {
    kind: 'named',
    blockOpen: open === '' ? '' : blockOpen,
    beforeName: open === '' ? blockOpen : open,
    fillers,
  };
}

function isProbeArguments(text: string): boolean {
  try {
    const value = JSON.parse(text) as Record<string, unknown>; // compared at once
    return value[probe.keys[0]] === probe.values[0];
  } catch {
    return false;
  }
}

function describePython(rendered: Rendered, positions: readonly number[]): ToolCallFormat | undefined {
  const { text } = rendered;
  const items: Item[] = [];
  for (const [index, position] of positions.entries()) {
    const nameEnd = position + (probe.names[index] ?? '').length;
    if (!new RegExp(`^\\(\\s*${probe.keys[0]}\\s*=`).test(text.slice(nameEnd, nameEnd + 64)))
      return undefined;
    const end = text.indexOf(')', nameEnd);
    if (end < 0) return undefined;
    items.push({ start: position, end: end + 1 });
  }
  const { open, blockOpen, fillers } = surroundings(rendered, items);
  return { kind: 'python', blockOpen: open === '' ? blockOpen : open, fillers: withList(fillers) };
}

function describeTagged(rendered: Rendered, positions: readonly number[]): ToolCallFormat | undefined {
  const { text } = rendered;
  const position = positions[0] ?? 0;
  const name = probe.names[0];
  const [keyA, keyB] = probe.keys.map((key) => text.indexOf(key, position));
  const [valueA, valueB] = probe.values.map((value) => text.indexOf(value, position));
  if (keyA === undefined || keyB === undefined || valueA === undefined || valueB === undefined)
    return undefined;
  if (!(keyA > 0 && valueA > keyA && keyB > valueA && valueB > keyB)) return undefined;
  const afterNameAndBeforeKey = text.slice(position + name.length, keyA);
  const afterKey = text.slice(keyA + probe.keys[0].length, valueA).trim();
  const afterValueAndBeforeKey = text.slice(valueA + probe.values[0].length, keyB);
  const beforeKeyRaw = wholeTags(commonSuffix(afterNameAndBeforeKey, afterValueAndBeforeKey));
  const beforeKey = beforeKeyRaw.trim();
  const afterName = cutEnd(afterNameAndBeforeKey, beforeKeyRaw).trim();
  const afterValue = cutEnd(afterValueAndBeforeKey, beforeKeyRaw).trim();
  if (beforeKey === '' || afterKey === '' || afterValue === '') return undefined;

  const items: Item[] = positions.map((start, index) => {
    const lastValue = text.indexOf(probe.values[1], start);
    const end = text.indexOf(afterValue, lastValue) + afterValue.length;
    return { start, end: Math.min(end, positions[index + 1] ?? text.length) };
  });
  const { open, blockOpen, close, fillers } = surroundings(rendered, items);
  return {
    kind: 'tagged',
    blockOpen: open === '' ? '' : blockOpen,
    beforeName: open === '' ? blockOpen : open,
    afterName,
    beforeKey,
    afterKey,
    afterValue,
    callClose: splitTags(close)[0] ?? '',
    fillers: withList([...splitTags(close).slice(1), ...fillers.filter((text) => text !== close)]),
  };
}

interface Surroundings {
  readonly open: string;
  readonly blockOpen: string;
  /** Right after a call. */
  readonly close: string;
  readonly fillers: string[];
}

/** What stands before, between and after the calls, without white space at the ends. */
function surroundings({ text, turnStart }: Rendered, items: readonly Item[]): Surroundings {
  const [first, second] = items;
  if (first === undefined) return { open: '', blockOpen: '', close: '', fillers: [] };
  const lead = afterTurnStart(text.slice(0, first.start), turnStart);
  const tail = text.slice((second ?? first).end);
  if (second === undefined) {
    return {
      open: lead.trim(),
      blockOpen: '',
      close: closing(tail),
      fillers: withList(splitTags(tail).slice(0, 2)),
    };
  }
  const gap = text.slice(first.end, second.start);
  // Ids differ from call to call.
  const open = wholeTags(commonSuffix(lead, gap));
  const close = withoutPartialTag(commonPrefix(cutEnd(gap, open), tail));
  const blockClose = closing(tail.slice(close.length));
  return {
    open: open.trim(),
    blockOpen: cutEnd(lead, open)
      .trim()
      .replace(/\s*\[$/, ''),
    close: close.trim(),
    fillers: withList([close.trim(), cutEnd(gap, open).trim(), blockClose]),
  };
}

/** Brackets and commas may stand around calls in any format: models write lists where templates show single calls. */
function withList(fillers: readonly string[]): string[] {
  const all = new Set([...fillers, '[', ']', ',']);
  all.delete('');
  return [...all].sort((a, b) => b.length - a.length);
}

/** The text that closes a block: up to the token that ends the turn, which the engine never gives out. */
function closing(tail: string): string {
  return splitTags(tail)[0]?.trim() ?? '';
}

/** Splits `</a></b>` into its tags, white space dropped. */
function splitTags(text: string): string[] {
  return text.match(/<[^<>]*>|\[[^[\]]*\]/g) ?? (text.trim() === '' ? [] : [text.trim()]);
}

/** Drops what the prompt ends with, such as `<|im_start|>assistant`: the model does not write it. */
function afterTurnStart(lead: string, turnStart: string): string {
  const common = commonPrefix(lead, turnStart);
  // Thoughts that the template puts before the calls are no part of the format.
  return lead.slice(withoutPartialTag(common).length).replace(/^[\s\S]*<\/think>/, '');
}

function commonSuffix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && length < b.length && a[a.length - 1 - length] === b[b.length - 1 - length])
    length++;
  return a.slice(a.length - length);
}

/** Drops a tag at the start that has no beginning: what two texts end with alike may start inside one. */
function wholeTags(suffix: string): string {
  const end = /^[^<[]*?[>\]]/.exec(suffix);
  return end === null ? suffix : suffix.slice(end[0].length);
}

/** Drops a tag at the end that is not closed: what two texts begin with alike may end inside one. */
function withoutPartialTag(prefix: string): string {
  return prefix.slice(0, /<[^<>]*$/.exec(prefix)?.index);
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}

function cutEnd(text: string, end: string): string {
  return text.slice(0, text.length - end.length);
}
