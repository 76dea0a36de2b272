/** The messages that a model is really shown: its own stored ones, the request's, old thoughts removed. */
import type { Message } from '../types/message.ts';
import type { ResolvedModel } from '../types/model.ts';

/** Model SYSTEM (unless the request begins with one), then the model's MESSAGEs, then the request's messages. */
export function effectiveMessages(model: ResolvedModel, request: readonly Message[]): readonly Message[] {
  const messages: Message[] = [...model.messages, ...request];
  if (model.system !== undefined && model.system !== '' && request[0]?.role !== 'system') {
    messages.unshift({ role: 'system', content: model.system });
  }
  return isThoughtInContent(model) ? withoutOldThoughts(messages) : messages;
}

/** Clients of these families send thoughts back as a part of the content. */
function isThoughtInContent(model: ResolvedModel): boolean {
  return model.details.family === 'qwen3' || model.name.model === 'deepseek-r1';
}

/** Strips a leading `<think>…</think>` from assistant messages before the last user message. */
function withoutOldThoughts(messages: readonly Message[]): readonly Message[] {
  const lastUser = messages.findLastIndex((message) => message.role === 'user');
  return messages.map((message, index) => {
    if (index >= lastUser || message.role !== 'assistant' || !message.content.startsWith('<think>'))
      return message;
    const close = message.content.indexOf('</think>');
    if (close < 0) return message;
    return { ...message, content: message.content.slice(close + '</think>'.length).trimStart() };
  });
}
