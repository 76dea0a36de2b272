/** Prompts by the Jinja chat template that a GGUF file carries. */
import { deriveToolCallFormat } from '../output/derive-format.ts';
import { compileJinja } from '../template/jinja/index.ts';
import type { Message, ThinkValue, Tool } from '../types/message.ts';
import type { GgufSummary } from '../types/model.ts';
import { thinkingTagsOf } from './thinking-tags.ts';
import type { Conversation, PromptTemplate } from './types.ts';

/** Throws `template_error` when the source does not compile. */
export function jinjaPromptTemplate(
  source: string,
  gguf: Pick<GgufSummary, 'bosToken' | 'eosToken'>,
): PromptTemplate {
  const template = compileJinja(source);
  // Few templates read earlier thoughts, under one of two names; gpt-oss's refuses a message that has both kinds.
  const thinkingKey = /\bmessage\.thinking\b|['"]thinking['"]/.test(source)
    ? 'thinking'
    : 'reasoning_content';

  const render = (
    messages: readonly Message[],
    tools: readonly Tool[],
    think: ThinkValue | undefined,
  ): string =>
    template.render({
      messages: withToolNames(messages).map((message) => toJinja(message, thinkingKey)),
      ...(tools.length > 0 ? { tools } : {}),
      add_generation_prompt: messages.at(-1)?.role !== 'assistant',
      bos_token: gguf.bosToken,
      eos_token: gguf.eosToken,
      ...(think === undefined ? {} : { enable_thinking: think !== false }),
      ...(typeof think === 'string' ? { reasoning_effort: think === 'max' ? 'high' : think } : {}),
    });

  return {
    thinkingTags: thinkingTagsOf(source),
    toolCallFormat: deriveToolCallFormat((messages, tools) => render(messages, tools, undefined)),
    renderChat: ({ messages, tools, think }: Conversation): string => {
      const last = messages.at(-1);
      if (last?.role !== 'assistant' || last.toolCalls !== undefined) return render(messages, tools, think);
      // A last message of the assistant is the beginning of the answer: the model goes on where it ends.
      return render(messages.slice(0, -1), tools, think) + last.content;
    },
    renderInfill: undefined,
  };
}

/** Clients leave the name of a tool's result out; the calls before it tell. */
function withToolNames(messages: readonly Message[]): readonly Message[] {
  let calls: Message['toolCalls'] = [];
  let nResults = 0;
  return messages.map((message) => {
    if (message.role !== 'tool') {
      calls = message.toolCalls ?? [];
      nResults = 0;
      return message;
    }
    const byId = calls?.find((call) => call.id !== undefined && call.id === message.toolCallId);
    const call = byId ?? calls?.[nResults];
    nResults++;
    if (call === undefined) return message;
    return {
      ...message,
      toolName: message.toolName ?? call.name,
      ...(message.toolCallId === undefined && call.id !== undefined ? { toolCallId: call.id } : {}),
    };
  });
}

/** A message under the names that templates know from the transformers library. */
function toJinja(message: Message, thinkingKey: string): Record<string, unknown> {
  return {
    role: message.role,
    content: message.content,
    ...(message.thinking === undefined || message.thinking === '' ? {} : { [thinkingKey]: message.thinking }),
    ...(message.toolCalls === undefined || message.toolCalls.length === 0
      ? {}
      : {
          tool_calls: message.toolCalls.map((call) => ({
            ...(call.id === undefined ? {} : { id: call.id }),
            type: 'function',
            function: { name: call.name, arguments: call.arguments },
          })),
        }),
    ...(message.toolName === undefined ? {} : { name: message.toolName }),
    ...(message.toolCallId === undefined ? {} : { tool_call_id: message.toolCallId }),
  };
}
