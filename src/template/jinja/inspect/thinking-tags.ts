/** The texts around a thought, found by rendering an answer that has one. */
import { call, conversations, type Prober, tools, type Variables, word } from './probe.ts';

/** What stands before and after a thought; white space around them is not part of them. */
export interface ThinkingTags {
  readonly open: string;
  readonly close: string;
}

/** How templates want thoughts to be given: fields of the message, and parts of its content. */
export type ThinkingField = 'reasoning_content' | 'reasoning' | 'thinking' | 'content';

export interface FoundThinking {
  readonly tags: ThinkingTags;
  /** undefined = the template takes no thoughts, it only knows how to cut them off or to begin one. */
  readonly field: ThinkingField | undefined;
}

/** Thinking is off by default in some templates. */
const modes: readonly Variables[] = [{}, { enable_thinking: true, thinking: true }];

const fields: readonly { field: ThinkingField; message: Readonly<Record<string, unknown>> }[] = [
  { field: 'reasoning_content', message: { content: word.answer, reasoning_content: word.thought } },
  { field: 'reasoning', message: { content: word.answer, reasoning: word.thought } },
  { field: 'thinking', message: { content: word.answer, thinking: word.thought } },
  // Some keep the thoughts of an unfinished turn only, one that called a tool.
  {
    field: 'reasoning_content',
    message: { content: '', reasoning_content: word.thought, tool_calls: [call] },
  },
  { field: 'reasoning', message: { content: '', reasoning: word.thought, tool_calls: [call] } },
  {
    field: 'content',
    message: {
      content: [
        { type: 'thinking', thinking: word.thought },
        { type: 'text', text: word.answer },
      ],
    },
  },
  {
    field: 'content',
    message: {
      content: {
        blocks: [
          { type: 'thoughts', text: word.thought },
          { type: 'response', text: word.answer },
        ],
      },
    },
  },
];

/** What stands around thoughts and where they come from; undefined = the model does not think, as far as its template tells. */
export function findThinking(prober: Prober, source: string): FoundThinking | undefined {
  for (const { field, message } of fields) {
    for (const mode of modes) {
      const variables = 'tool_calls' in message ? { ...mode, tools } : mode;
      const tags = shownTags(prober, message, variables);
      if (tags !== undefined) return { tags, field };
    }
  }
  const tags = writtenTags(source);
  return tags === undefined ? undefined : { tags, field: undefined };
}

function shownTags(
  prober: Prober,
  message: Readonly<Record<string, unknown>>,
  variables: Variables,
): ThinkingTags | undefined {
  const text = prober.afterUser([...conversations.prompt, { role: 'assistant', ...message }], variables);
  const at = text?.indexOf(word.thought) ?? -1;
  if (text === undefined || at < 0) return undefined;
  const before = text.slice(0, at);
  const rest = text.slice(at + word.thought.length);
  const end = rest.search(new RegExp(`${word.answer}|${word.tool}`));
  if (end < 0) return undefined;
  const after = rest.slice(0, end);
  // A template that does not know content parts prints them as data.
  if (/['"](?:thinking|text|thoughts)['"]\s*:/.test(before + after)) return undefined;
  const start = prober.afterUser(conversations.prompt, { ...variables, add_generation_prompt: true });
  const close = closingOf(after, before);
  const open = close === undefined ? undefined : openingOf(before, start ?? '', close);
  return open === undefined || close === undefined ? undefined : { open, close };
}

/** One tag, or a word between two tokens: `<think>`, `[THINK]`, `<|inner_prefix|>`, `<|open|>think<|sep|>`. */
const tag = '(?:<\\|[^<>|\\s]+\\|>\\w+<\\|[^<>|\\s]+\\|>|<[^<>\\s]+>|\\[[^\\[\\]\\n]+\\])';
const lastTag = new RegExp(`${tag}$`);
const firstTag = /^(?:<[^<>\s]+>|\[[^[\]\n]+\])/;

/** `start` is how a prompt ends: with the assistant's header, and sometimes with an opened or emptied thought. */
function openingOf(before: string, start: string, close: string): string | undefined {
  const added = before.startsWith(start) ? before.slice(start.length).trim() : '';
  if (added !== '') return added;
  // The prompt itself opens the thought, and the template leaves that out of its history.
  const prefilled = start.startsWith(before) ? start.slice(before.length).trim() : '';
  if (prefilled !== '' && !prefilled.includes(close)) return prefilled;
  return lastTag.exec(before.trimEnd())?.[0];
}

function closingOf(after: string, before: string): string | undefined {
  const text = after.trimStart();
  // `<|open|>think<|sep|>` is closed by `<|close|>think<|sep|>`.
  const between = /\|>(\w+)<\|[^<>|\s]+\|>\s*$/.exec(before)?.[1];
  const pair =
    between === undefined ? null : new RegExp(`^<\\|[^<>|\\s]+\\|>${between}<\\|[^<>|\\s]+\\|>`).exec(text);
  return (pair ?? firstTag.exec(text))?.[0];
}

/** The closing tag in the source tells, also where a template only cuts thoughts off. */
function writtenTags(source: string): ThinkingTags | undefined {
  const angle = /<\/((?:\w+:)?think(?:ing)?(?::\w+)?)>/.exec(source);
  if (angle !== null) return { open: `<${angle[1]}>`, close: angle[0] };
  if (source.includes('[/THINK]')) return { open: '[THINK]', close: '[/THINK]' };
  if (source.includes('<|END_THINKING|>')) return { open: '<|START_THINKING|>', close: '<|END_THINKING|>' };
  return undefined;
}
