/** Brings messages into the form that Go templates expect: no two neighbours of one role. */
import type { Message } from '../../types/message.ts';

export interface Collated {
  /** All system messages, joined by an empty line. */
  readonly system: string;
  readonly messages: readonly Message[];
}

/**
 * Merges neighbours of the same role, except tool results, which keep their names and ids. Contents are joined by an empty line, as
 * Ollama does; where Ollama then loses the later message's thinking, images and tool calls, they are kept.
 */
export function collate(messages: readonly Message[]): Collated {
  const collated: Message[] = [];
  for (const message of messages) {
    const previous = collated.at(-1);
    if (previous?.role === message.role && message.role !== 'tool')
      collated[collated.length - 1] = merge(previous, message);
    else collated.push(message);
  }
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  return { system: system.join('\n\n'), messages: collated };
}

function merge(first: Message, second: Message): Message {
  const carriesMore = hasItems(second.images) || hasItems(second.toolCalls) || Boolean(second.thinking);
  // A message that only carries calls or images adds no paragraph.
  const isBare = carriesMore && (first.content === '' || second.content === '');
  return {
    ...first,
    content: isBare ? first.content + second.content : `${first.content}\n\n${second.content}`,
    thinking: [first.thinking, second.thinking].filter(Boolean).join('\n\n'),
    images: [...(first.images ?? []), ...(second.images ?? [])],
    toolCalls: [...(first.toolCalls ?? []), ...(second.toolCalls ?? [])],
  };
}

function hasItems(list: readonly unknown[] | undefined): boolean {
  return list !== undefined && list.length > 0;
}
