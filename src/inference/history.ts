/** The messages that a model is really shown: its own stored ones, the request's, old thoughts removed. */
import { createThinkingParser } from '../output/thinking.ts';
import type { Message } from '../types/message.ts';
import type { ResolvedModel } from '../types/model.ts';
import { isEarlyThinker } from './capabilities.ts';

/** Model SYSTEM (unless the request begins with one), then the model's MESSAGEs, then the request's messages. */
export function effectiveMessages(model: ResolvedModel, request: readonly Message[]): readonly Message[] {
  const messages: Message[] = [...model.messages, ...request];
  if (model.system !== undefined && model.system !== '' && request[0]?.role !== 'system') {
    messages.unshift({ role: 'system', content: model.system });
  }
  return isEarlyThinker(model) ? withoutOldThoughts(messages) : messages;
}

/** Strips a leading `<think>…</think>` from assistant messages before the last user message. */
function withoutOldThoughts(messages: readonly Message[]): readonly Message[] {
  const lastUser = messages.findLastIndex((message) => message.role === 'user');
  return messages.map((message, index) =>
    index < lastUser && message.role === 'assistant'
      ? { ...message, content: withoutThought(message.content) }
      : message,
  );
}

function withoutThought(content: string): string {
  const parser = createThinkingParser({ open: '<think>', close: '</think>' }, 'free');
  const pieces = [...parser.push(content), ...parser.end()];
  return pieces.map((piece) => (piece.type === 'content' ? piece.text : '')).join('');
}
