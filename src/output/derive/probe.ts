/** A made-up conversation with tool calls, rendered to see how a template writes them. */
import type { JsonObject } from '../../types/json.ts';
import type { Message, Tool } from '../../types/message.ts';
import type { ThinkingTags } from '../types.ts';
import { commonStart, unitsOf } from './tags.ts';

/** Renders a conversation with the template; throws when the template refuses it. */
export type RenderProbe = (messages: readonly Message[], tools: readonly Tool[]) => string;

/** Words that no template contains, one a thing that has to be found again. */
export const probe = {
  user: 'zquser',
  answer: 'zqanswer',
  names: ['zqtoola', 'zqtoolb'],
  /** Nine characters, as Mistral's templates demand. */
  ids: ['zqcall000', 'zqcall001'],
  keys: ['zqkeya', 'zqkeyb', 'zqkeyc'],
  /** Two texts, which show what stands between arguments, and a number, which shows whether types are written. */
  values: ['zqvala', 'zqvalb', 90210],
} as const;

export const probeArguments: JsonObject = Object.fromEntries(
  probe.keys.map((key, i) => [key, probe.values[i] ?? null]),
);

export const probeTools: readonly Tool[] = probe.names.map((name) => ({
  type: 'function',
  function: {
    name,
    description: 'probe',
    parameters: {
      type: 'object',
      properties: Object.fromEntries(
        probe.keys.map((key, i) => [key, { type: typeof probe.values[i], description: 'probe' }]),
      ),
      required: [...probe.keys],
    },
  },
}));

const user: Message = { role: 'user', content: probe.user };

/** What the template makes of an assistant message with the first `count` calls; undefined = it refuses or hides them. */
export function renderCalls(render: RenderProbe, count: number): string | undefined {
  const names = probe.names.slice(0, count);
  const toolCalls = names.map((name, index) => ({
    id: probe.ids[index] ?? '',
    index,
    name,
    arguments: probeArguments,
  }));
  const text = renderTurn(render, { role: 'assistant', content: '', toolCalls }, probeTools);
  return text !== undefined && names.every((name) => text.includes(name)) ? text : undefined;
}

/** Whether the template puts arguments in the order of the alphabet. */
export function sortsArguments(render: RenderProbe): boolean {
  const reversed = Object.fromEntries(Object.entries(probeArguments).reverse());
  const [name] = probe.names;
  const toolCalls = [{ id: probe.ids[0], index: 0, name, arguments: reversed }];
  const text = renderTurn(render, { role: 'assistant', content: '', toolCalls }, probeTools) ?? '';
  const places = probe.keys.map((key) => text.lastIndexOf(key));
  return places.every((place, i) => place > (places[i - 1] ?? -1));
}

/** The same for a plain answer. */
export function renderAnswer(render: RenderProbe): string | undefined {
  const text = renderTurn(render, { role: 'assistant', content: probe.answer }, []);
  return text?.includes(probe.answer) ? text : undefined;
}

/** Longer than what any template writes around two calls; what is looked for in it takes more than linear time. */
const maxTurnLength = 16_384;

/** What the model would write of the message: the text without what the prompt ends with, `<|im_start|>assistant`. */
function renderTurn(render: RenderProbe, message: Message, tools: readonly Tool[]): string | undefined {
  try {
    const text = afterUser(render([user, message], tools));
    const start = afterUser(render([user], tools));
    if (Math.max(text.length, start.length) > maxTurnLength) return undefined;
    if (text.startsWith(start)) return text.slice(start.length);
    // The prompt may have what a finished turn has not: the beginning of a thought, or a turn of instructions.
    const rest = text.slice(commonStart(text, start).length);
    return rest.slice(longestHead(rest, start).length);
  } catch {
    return undefined; // the template refuses such a message
  }
}

/** The longest beginning of `text`, in whole units, that `start` ends with. */
function longestHead(text: string, start: string): string {
  let head = '';
  let longest = '';
  for (const unit of unitsOf(text)) {
    head += unit;
    if (head.length > start.length) break;
    if (start.endsWith(head)) longest = head;
  }
  return longest;
}

/** Templates put the declarations of tools before the last user message, or after it; the answer comes last. */
function afterUser(text: string): string {
  return text.slice(text.lastIndexOf(probe.user) + probe.user.length);
}

/** Drops what comes up to the end of a thought: templates put an empty one before answers and calls. */
export function withoutThought(text: string, tags: ThinkingTags | undefined): string {
  if (tags === undefined) return text;
  const before = text.slice(0, text.search(new RegExp(`${probe.names[0]}|${probe.answer}`)));
  const end = before.lastIndexOf(tags.close);
  return end < 0 ? text : text.slice(end + tags.close.length);
}
