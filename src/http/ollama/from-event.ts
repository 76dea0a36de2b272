/** Answer events → the JSON of generate and chat. Keys stand in Ollama's order. */
import type { RenderedDebug } from '../../inference/types.ts';
import type { AnswerEvent, ChosenLogprob, Metrics, TokenLogprob } from '../../types/events.ts';
import type { ToolCall } from '../../types/message.ts';
import { goJson, goString, utcNow } from '../go-json.ts';

type DoneEvent = Extract<AnswerEvent, { type: 'done' }>;

/** What an answer says, in one chunk or as a whole. */
interface Said {
  readonly text: string;
  readonly thinking: string;
  readonly toolCalls: readonly ToolCall[];
  readonly logprobs: readonly ChosenLogprob[];
}

/** A whole answer; `done` is missing when it broke off without an error. */
export interface Gathered extends Said {
  readonly done: DoneEvent | undefined;
}

/** Writes one answer's JSON; made once an answer, since it keeps what all its lines have in common. */
export interface WireFormat {
  /** A line of the stream without its newline; undefined when there is nothing to show. */
  readonly line: (event: AnswerEvent) => string | undefined;
  readonly whole: (gathered: Gathered) => string;
  /** The answer to a load or unload request. */
  readonly single: (event: DoneEvent) => string;
  readonly rendered: (debug: RenderedDebug) => string;
}

const nothing: Said = { text: '', thinking: '', toolCalls: [], logprobs: [] };

export function generateFormat(model: string): WireFormat {
  const head = headOf(model);
  const body = ({ text, thinking }: Said): string =>
    `"response":${goString(text)}${optional('thinking', thinking)}`;
  const finish = (said: Said, done: DoneEvent): string => {
    const calls = said.toolCalls.map((call) => ({ ...call, id: undefined }));
    return `${doneReason(done)}${list('context', done.context)}${metrics(done.metrics)}${toolCalls(calls)}${logprobs(said)}`;
  };
  // Calls wait for the last line: generate has no other place for them.
  const heldCalls: ToolCall[] = [];
  return format(head, body, finish, {
    toolCall: (call) => {
      heldCalls.push(call);
      return undefined;
    },
    last: () => ({ ...nothing, toolCalls: heldCalls }),
    rendered: '"response":""',
  });
}

export function chatFormat(model: string): WireFormat {
  const head = headOf(model);
  const body = ({ text, thinking, toolCalls: calls }: Said): string =>
    `"message":{"role":"assistant","content":${goString(text)}${optional('thinking', thinking)}${toolCalls(calls)}}`;
  const finish = (said: Said, done: DoneEvent): string =>
    `${doneReason(done)}${logprobs(said)}${metrics(done.metrics)}`;
  return format(head, body, finish, {
    toolCall: (call) => `${head()}${body({ ...nothing, toolCalls: [call] })},"done":false}`,
    last: () => nothing,
    rendered: '"message":{"role":"","content":""}',
  });
}

interface Peculiar {
  readonly toolCall: (call: ToolCall) => string | undefined;
  /** What the last line of a stream says. */
  readonly last: () => Said;
  readonly rendered: string;
}

function format(
  head: () => string,
  body: (said: Said) => string,
  finish: (said: Said, done: DoneEvent) => string,
  { toolCall, last, rendered }: Peculiar,
): WireFormat {
  const final = (said: Said, done: DoneEvent): string =>
    `${head()}${body(said)},"done":true${finish(said, done)}${truncation(done)}}`;
  return {
    line: (event) => {
      switch (event.type) {
        case 'content':
          if (event.text === '' && event.logprobs === undefined) return undefined;
          return `${head()}${body({ ...nothing, text: event.text })},"done":false${logprobs(event)}}`;
        case 'thinking':
          if (event.text === '' && event.logprobs === undefined) return undefined;
          return `${head()}${body({ ...nothing, thinking: event.text })},"done":false${logprobs(event)}}`;
        case 'toolCall':
          return toolCall(event.call);
        case 'truncated':
          return undefined;
        case 'done':
          return final(last(), event);
      }
    },
    whole: (gathered) =>
      gathered.done === undefined
        ? `${head()}${body(gathered)},"done":false${logprobs(gathered)}}`
        : final(gathered, gathered.done),
    single: (event) => final(nothing, event),
    rendered: ({ text, imageCount }) => {
      const debug = { rendered_template: text, image_count: imageCount || undefined };
      return `${head()}${rendered},"done":false,"_debug_info":${goJson(debug)}}`;
    },
  };
}

/** Reads an answer to its end. */
export async function gather(events: AsyncIterable<AnswerEvent>): Promise<Gathered> {
  let text = '';
  let thinking = '';
  const calls: ToolCall[] = [];
  const probs: ChosenLogprob[] = [];
  let done: DoneEvent | undefined;
  for await (const event of events) {
    switch (event.type) {
      case 'content':
        text += event.text;
        if (event.logprobs !== undefined) probs.push(...event.logprobs);
        break;
      case 'thinking':
        thinking += event.text;
        if (event.logprobs !== undefined) probs.push(...event.logprobs);
        break;
      case 'toolCall':
        calls.push(event.call);
        break;
      case 'truncated':
        break; // the final event tells it as well
      case 'done':
        done = event;
        break;
    }
  }
  return { text, thinking, toolCalls: calls, logprobs: probs, done };
}

/** The start of every object: the model as it was asked for, and the time. */
function headOf(model: string): () => string {
  const prefix = `{"model":${goString(model)},"created_at":"`;
  return () => `${prefix}${utcNow()}",`;
}

function optional(key: string, text: string): string {
  return text === '' ? '' : `,"${key}":${goString(text)}`;
}

function list(key: string, items: readonly number[] | undefined): string {
  return items === undefined || items.length === 0 ? '' : `,"${key}":[${items.join(',')}]`;
}

function doneReason(done: DoneEvent): string {
  return `,"done_reason":"${done.reason}"`;
}

/** Nanoseconds and counts; what is zero is left out. */
function metrics(values: Metrics | undefined): string {
  if (values === undefined) return '';
  return (
    count('total_duration', values.totalDurationNs) +
    count('load_duration', values.loadDurationNs) +
    count('prompt_eval_count', values.promptTokens) +
    count('prompt_eval_duration', values.promptDurationNs) +
    count('eval_count', values.generatedTokens) +
    count('eval_duration', values.generationDurationNs)
  );
}

function count(key: string, value: number): string {
  return value === 0 ? '' : `,"${key}":${Math.round(value)}`;
}

function toolCalls(calls: readonly ToolCall[]): string {
  if (calls.length === 0) return '';
  const wire = calls.map(({ id, index, name, arguments: args }, position) => ({
    id: id === '' ? undefined : id,
    function: { index: index ?? position, name, arguments: args },
  }));
  return `,"tool_calls":${goJson(wire)}`;
}

function logprobs({ logprobs: items }: { readonly logprobs?: readonly ChosenLogprob[] }): string {
  if (items === undefined || items.length === 0) return '';
  const wire = items.map((item) => ({ ...token(item), top_logprobs: item.topLogprobs?.map(token) }));
  return `,"logprobs":${goJson(wire)}`;
}

/** JSON has no -Infinity, the logarithm of an impossible token; clients know -9999 from other servers. */
const impossible = -9999;

function token({ token: text, logprob, bytes }: TokenLogprob): Record<string, unknown> {
  return {
    token: text,
    logprob: Number.isFinite(logprob) ? logprob : impossible,
    bytes: bytes.length === 0 ? undefined : bytes,
  };
}

function truncation({ truncation: cut }: DoneEvent): string {
  if (cut === undefined) return '';
  const wire = { original_tokens: cut.originalTokens, kept_tokens: cut.keptTokens };
  return `,"prompt_truncated":${goJson(wire)}`;
}
