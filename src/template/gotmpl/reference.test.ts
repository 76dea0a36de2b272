/** Compares with what Go's own text/template made of the same templates (`scripts/gotmpl-reference`). */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { JsonObject, JsonValue } from '../../types/json.ts';
import type { Message, ThinkValue, Tool } from '../../types/message.ts';
import { renderGoTemplate } from './render.ts';
import { parseGoTemplate } from './template.ts';
import { anyMap, anySlice, GoMap, GoSlice, type GoValue } from './values.ts';

const testdata = new URL('./testdata/', import.meta.url);
const today = new Date(2025, 2, 1, 12);

function readJson<T>(path: string): T {
  // Files of this repository, written by the script.
  return JSON.parse(readFileSync(new URL(path, testdata), 'utf8')) as T;
}

/** As `fromJson`, but `{"$int": "5"}` is an int. */
function toValue(json: JsonValue): GoValue {
  if (Array.isArray(json)) return new GoSlice(anySlice, json.map(toValue));
  if (typeof json !== 'object' || json === null) return json;
  if (typeof json.$int === 'string') return BigInt(json.$int);
  return new GoMap(anyMap, new Map(Object.entries(json).map(([key, value]) => [key, toValue(value)])));
}

const data = toValue(readJson<JsonValue>('data.json'));

interface Outcome {
  readonly template: string;
  readonly output?: string;
  readonly error?: string;
}

function outcomeOf(template: string): Outcome {
  try {
    return { template, output: parseGoTemplate(template).execute(data, { now: today }) };
  } catch (error) {
    return { template, error: error instanceof Error ? error.message : String(error) };
  }
}

/** Where the interpreter means to differ from Go. */
const deviations = new Set([
  '{{ 1i }}x{{ 2+3i }}', // no complex numbers
  '{{len nil}}', // Go reports a failure of its reflection
  // the message does not name the callee; data holds no functions
  '{{call .name}}',
  '{{.name | call}}',
  '{{call .list 1}}',
  '{{call .name 1}}',
]);

/** Our messages name a value's type where Go knows only that it is in an interface. */
function withoutType(outcome: Outcome): Outcome {
  const error = outcome.error?.replace(/(can't evaluate field \w+ in type ).*/, '$1…');
  return { ...outcome, error };
}

const topics = readdirSync(new URL('cases/', testdata))
  .filter((name) => name.endsWith('.expected.json'))
  .map((name) => name.replace('.expected.json', ''));

describe.each(topics)('%s as Go', (topic) => {
  test.each(readJson<Outcome[]>(`cases/${topic}.expected.json`))('$template', (expected) => {
    const outcome = outcomeOf(expected.template);
    if (deviations.has(expected.template)) expect(outcome).not.toEqual(expected);
    else expect(withoutType(outcome)).toEqual(withoutType(expected));
  });
});

/** An entry of conversations.json, in the form of the HTTP API. */
interface Conversation {
  readonly name: string;
  readonly prompt?: string;
  readonly suffix?: string;
  readonly think?: ThinkValue;
  readonly tools?: readonly Tool[];
  readonly messages: readonly {
    readonly role: string;
    readonly content: string;
    readonly thinking?: string;
    readonly images?: readonly string[];
    readonly tool_name?: string;
    readonly tool_call_id?: string;
    readonly tool_calls?: readonly {
      readonly id: string;
      readonly function: { readonly index: number; readonly name: string; readonly arguments: JsonObject };
    }[];
  }[];
}

function toMessage(message: Conversation['messages'][number]): Message {
  return {
    role: message.role,
    content: message.content,
    thinking: message.thinking,
    images: message.images?.map((image) => Buffer.from(image, 'base64')),
    toolName: message.tool_name,
    toolCallId: message.tool_call_id,
    toolCalls: message.tool_calls?.map(({ id, function: call }) => ({ id, ...call })),
  };
}

const conversations = readJson<Conversation[]>('conversations.json');

const families = readdirSync(new URL('families/', testdata))
  .filter((name) => name.endsWith('.gotmpl'))
  .map((name) => name.replace('.gotmpl', ''));

/** The texts of `NAME.expected.txt` by conversation; each ends with a newline of the file's own. */
function readExpected(family: string): [string, string][] {
  const file = readFileSync(new URL(`families/${family}.expected.txt`, testdata), 'utf8');
  const sections = file.split(/^##### /m).slice(1);
  return sections.map((section) => {
    const end = section.indexOf('\n');
    return [section.slice(0, end), section.slice(end + 1, -1)];
  });
}

describe.each(families)('%s as Go', (family) => {
  const source = readFileSync(new URL(`families/${family}.gotmpl`, testdata), 'utf8');

  test.each(readExpected(family))('%s', (name, expected) => {
    const conversation = conversations.find((entry) => entry.name === name);
    if (conversation === undefined) throw new Error(`no conversation "${name}"`);
    const input = { ...conversation, messages: conversation.messages.map(toMessage) };
    expect(renderGoTemplate(parseGoTemplate(source), input, { now: today })).toBe(expected);
  });
});
