/** Prompts that end inside a message of the assistant, so that the model goes on where it ends. */
import type { AnswerStart, ThinkingTags } from '../output/types.ts';
import type { Message } from '../types/message.ts';

/** Words that no conversation contains: where they appear, the template puts a message's content, or its thought. */
const mark = { content: 'zqcriacontent', thought: 'zqcriathought' };

/** Stands before an answer that has nothing before it. */
const silentUser: Message = { role: 'user', content: '' };

/** Where the last message leaves off; undefined = it is no answer to go on with. */
export function continuedPart(messages: readonly Message[]): 'inContent' | 'inThought' | undefined {
  const last = messages.at(-1);
  if (last?.role !== 'assistant' || last.toolCalls !== undefined) return undefined;
  if (last.content !== '') return 'inContent';
  return last.thinking === undefined || last.thinking === '' ? undefined : 'inThought';
}

/** Where the model's answer begins. */
export function answerStart(
  messages: readonly Message[],
  prompt: string,
  tags: ThinkingTags | undefined,
): AnswerStart {
  const part = continuedPart(messages);
  if (part === 'inContent' || (part === 'inThought' && tags !== undefined)) return part;
  return tags !== undefined && prompt.trimEnd().endsWith(tags.open) ? 'thought' : 'free';
}

export interface Thinking {
  /** undefined = the model does not think. */
  readonly tags: ThinkingTags | undefined;
  /** False when the model was told not to. */
  readonly mayThink: boolean;
  /** The prompt for a new answer with thinking turned off. */
  readonly renderThoughtless: (messages: readonly Message[]) => string;
}

/**
 * The conversation up to the last character of its last message. The template's own rendering of an earlier answer tells what
 * stands before it: a channel's header, an emptied thought. Without such an answer, the prompt for a new one, where the thought is
 * closed that the prompt may have opened.
 */
export function renderContinuation(
  messages: readonly Message[],
  render: (messages: readonly Message[]) => string,
  { tags, mayThink, renderThoughtless }: Thinking,
): string {
  const last = messages.at(-1);
  const earlier = messages.slice(0, -1);
  // Most templates refuse a conversation of nothing.
  const answered = earlier.length > 0 ? earlier : [silentUser];
  const part = continuedPart(messages);
  if (last === undefined || part === undefined) return render(answered);
  if (part === 'inContent') {
    const marked = { ...last, content: mark.content };
    const head = before(mark.content, () => render([...earlier, marked])) ?? render(answered);
    return `${tags === undefined ? head : withoutThought(head, renderThoughtless(answered), tags)}${last.content}`;
  }
  const start = render(answered);
  // A model that does not think has nothing to go on with, and one that was told not to has closed its thought.
  if (tags === undefined || !mayThink || start.trimEnd().endsWith(tags.close)) return start;
  const marked = { ...last, content: mark.content, thinking: mark.thought };
  const head = start.trimEnd().endsWith(tags.open)
    ? start
    : (before(mark.thought, () => render([...earlier, marked])) ?? `${start}${tags.open}\n`);
  return `${head}${last.thinking}`;
}

/** A model that could think goes on better behind a thought that is over: emptied as in prompts that turn thinking off, or just closed. */
function withoutThought(head: string, thoughtless: string, { open, close }: ThinkingTags): string {
  if (thoughtless.startsWith(head) && thoughtless.trimEnd().endsWith(close)) return thoughtless;
  return head.trimEnd().endsWith(open) ? `${head}${close}\n\n` : head;
}

/** What the template writes before the mark; undefined = it refuses such a message, or does not show it. */
function before(word: string, render: () => string): string | undefined {
  try {
    const text = render();
    const at = text.lastIndexOf(word);
    return at < 0 ? undefined : text.slice(0, at);
  } catch {
    return undefined; // the prompt for a new answer is rendered instead, and tells what is wrong otherwise
  }
}
