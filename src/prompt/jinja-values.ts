/** Messages and tools under the names and in the forms that Jinja templates know from the transformers library. */
import type { JinjaTraits } from '../template/jinja/inspect/index.ts';
import type { Message, Tool, ToolCall } from '../types/message.ts';

/** Ids of calls and the names of their results are made up where the client left them out. */
export function toJinjaMessages(
  messages: readonly Message[],
  traits: JinjaTraits,
): readonly Record<string, unknown>[] {
  return withLinkedResults(messages).map((message) => toJinja(message, traits));
}

/** As llama.cpp gives tools to templates, some of which fail for one that is not described. */
export function toJinjaTool({ function: { name, description = '', parameters }, ...tool }: Tool): unknown {
  // Templates go through the properties of tools, also of those that take nothing.
  const properties = parameters.properties ?? {};
  return { ...tool, function: { name, description, parameters: { ...parameters, properties } } };
}

/** Every call gets an id, and its result the call's id and name: the result of that id, or else the next one. */
function withLinkedResults(messages: readonly Message[]): readonly Message[] {
  let calls: readonly ToolCall[] = [];
  let nCalls = 0;
  let nResults = 0;
  return messages.map((message) => {
    if (message.role !== 'tool') {
      calls = (message.toolCalls ?? []).map((call) => ({ ...call, id: call.id || madeUpId(nCalls++) }));
      nResults = 0;
      return calls.length === 0 ? message : { ...message, toolCalls: calls };
    }
    const call = calls.find(({ id }) => id === message.toolCallId) ?? calls[nResults];
    nResults++;
    if (call === undefined) return message;
    const toolCallId = message.toolCallId || call.id;
    return {
      ...message,
      toolName: message.toolName ?? call.name,
      ...(toolCallId === undefined ? {} : { toolCallId }),
    };
  });
}

function madeUpId(index: number): string {
  return nineCharacters(`call${index}`);
}

/** The end of an id is what tells it from others. */
function nineCharacters(id: string): string {
  return id
    .replace(/[^a-zA-Z0-9]/g, '')
    .slice(-9)
    .padStart(9, '0');
}

/** A message under the names that templates know from the transformers library. */
function toJinja(
  message: Message,
  { thinking, callArguments, callIds }: JinjaTraits,
): Record<string, unknown> {
  const { toolCalls = [] } = message;
  const field = thinking?.field;
  const shownId = (id: string): string => (callIds === 'nineCharacters' ? nineCharacters(id) : id);
  // Thoughts as parts of the content are not given; and gpt-oss's template refuses a thought beside content and calls.
  const isThoughtShown =
    field !== undefined &&
    field !== 'content' &&
    message.thinking !== undefined &&
    message.thinking !== '' &&
    (message.content === '' || toolCalls.length === 0);
  return {
    role: message.role,
    content: message.content,
    ...(isThoughtShown ? { [field]: message.thinking } : {}),
    ...(toolCalls.length === 0
      ? {}
      : {
          tool_calls: toolCalls.map((call) => ({
            ...(call.id === undefined ? {} : { id: shownId(call.id) }),
            type: 'function',
            function: {
              name: call.name,
              arguments: callArguments === 'text' ? JSON.stringify(call.arguments) : call.arguments,
            },
          })),
        }),
    ...(message.toolName === undefined ? {} : { name: message.toolName }),
    ...(message.toolCallId === undefined ? {} : { tool_call_id: shownId(message.toolCallId) }),
  };
}
