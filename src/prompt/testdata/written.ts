/** For tests: what a model would have written of an assistant's message, as its template shows it. */
import type { Message, Tool, ToolCall } from '../../types/message.ts';
import type { PromptTemplate } from '../types.ts';

export const tools: readonly Tool[] = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'Weather of a city',
      parameters: {
        type: 'object',
        properties: {
          city: { type: 'string', description: 'City' },
          days: { type: 'integer', description: 'Days' },
        },
        required: ['city'],
      },
    },
  },
  {
    type: 'function',
    function: {
      name: 'add',
      description: 'Adds',
      parameters: {
        type: 'object',
        properties: { a: { type: 'number', description: 'A' } },
        required: ['a'],
      },
    },
  },
];

export const calls: readonly ToolCall[] = [
  { id: 'abcde1234', index: 0, name: 'get_weather', arguments: { city: 'New "York" {x}', days: 3 } },
  { id: 'abcde1235', index: 1, name: 'add', arguments: { a: 1.5 } },
];

export const user: Message = { role: 'user', content: 'zquestion' };

/** What the template makes of the message, without what the prompt ends with. Throws where the template refuses it. */
export function written(
  template: PromptTemplate,
  message: Message,
  declared: readonly Tool[] = tools,
): string {
  const render = (messages: readonly Message[]): string => {
    const text = template.renderChat({ messages, tools: declared, think: undefined });
    return text.slice(text.lastIndexOf(user.content));
  };
  // Command R is given instructions before and after its turn.
  const text = render([user, message]).replace(
    /(?<=<\|CHATBOT_TOKEN\|>[\s\S]*)<\|START_OF_TURN_TOKEN\|>[\s\S]*/,
    '',
  );
  const prompt = render([user]);
  if (text.startsWith(prompt)) return text.slice(prompt.length);
  // The prompt begins a thought, or an empty one, that the template leaves out of finished turns.
  let start = 0;
  while (text[start] === prompt[start]) start++;
  const rest = text.slice(start - (/<[^<>]*$/.exec(text.slice(0, start))?.[0].length ?? 0));
  return rest.replace(/^<\|CHATBOT_TOKEN\|>/, '');
}
