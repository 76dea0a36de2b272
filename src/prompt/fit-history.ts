/** Drops the oldest messages of a conversation until its prompt fits the context. */
import type { Truncation } from '../types/events.ts';
import type { Message } from '../types/message.ts';

export interface FitInput {
  readonly messages: readonly Message[];
  readonly render: (messages: readonly Message[]) => string;
  readonly countTokens: (text: string) => Promise<number>;
  /** Most tokens of a prompt. */
  readonly maxTokens: number;
  /** Tokens of the images of these messages. */
  readonly countImageTokens?: (messages: readonly Message[]) => number;
}

export interface FittedPrompt {
  readonly text: string;
  readonly messages: readonly Message[];
  /** Token counts; only when messages were dropped. */
  readonly truncation: Truncation | undefined;
}

/** The most tokens that a prompt's text may have: the context also holds the BOS token, if the model uses one, and one of an answer. */
export function maxPromptTokens(nCtx: number): number {
  return nCtx - 2;
}

/** Special tokens that a tokenizer may add to a text, and the space that some put before it. */
const addedTokens = 8;

/**
 * Ollama's rule: system messages are always kept, the oldest others are dropped first, the last message always stays.
 * Counting costs a trip to the runner, so it is skipped when the text has fewer bytes than the context has tokens.
 */
export async function fitHistory(input: FitInput): Promise<FittedPrompt> {
  const { messages, maxTokens } = input;
  const imageTokens = input.countImageTokens ?? (() => 0);
  const count = async (kept: readonly Message[], text: string): Promise<number> =>
    (await input.countTokens(text)) + imageTokens(kept);

  const text = input.render(messages);
  if (Buffer.byteLength(text) + addedTokens + imageTokens(messages) <= maxTokens) {
    return { text, messages, truncation: undefined };
  }
  const originalTokens = await count(messages, text);
  if (originalTokens <= maxTokens || messages.length <= 1) return { text, messages, truncation: undefined };

  // Fewer messages never take more tokens, so the first start that fits can be found by halving.
  let low = 1;
  let high = messages.length - 1;
  let best: { kept: readonly Message[]; text: string; tokens: number } | undefined;
  while (low <= high) {
    const start = (low + high) >> 1;
    const kept = messages.filter((message, index) => index >= start || message.role === 'system');
    const candidate = input.render(kept);
    const tokens = await count(kept, candidate);
    if (tokens <= maxTokens || start === messages.length - 1) best = { kept, text: candidate, tokens };
    if (tokens <= maxTokens) high = start - 1;
    else low = start + 1;
  }
  // The last start is always tried when nothing before it fits, so there is a best one.
  if (best === undefined) throw new Error('no start of the conversation was tried');
  const { kept, tokens } = best;
  // A system message at the front may leave nothing to drop.
  const truncation =
    kept.length === messages.length ? undefined : { originalTokens, keptTokens: Math.min(tokens, maxTokens) };
  return { text: best.text, messages: kept, truncation };
}
