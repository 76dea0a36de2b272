/** For every real template with tools: what it writes for an assistant's calls is read back as the same calls. */
import { describe, expect, it } from 'vitest';
import { createAnswerParser } from '../output/answer-parser.ts';
import { compileJinja } from '../template/jinja/index.ts';
import { inspectJinja } from '../template/jinja/inspect/index.ts';
import { loadTemplates } from '../template/jinja/testdata/templates.ts';
import type { Message, Tool, ToolCall } from '../types/message.ts';
import { jinjaPromptTemplate } from './jinja-template.ts';
import type { PromptTemplate } from './types.ts';

const templates = loadTemplates();

const tools: readonly Tool[] = [
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

const calls: readonly ToolCall[] = [
  { id: 'abcde1234', index: 0, name: 'get_weather', arguments: { city: 'New "York" {x}', days: 3 } },
  { id: 'abcde1235', index: 1, name: 'add', arguments: { a: 1.5 } },
];

const user: Message = { role: 'user', content: 'zquestion' };

/** What the model would have written: what the template makes of the message, without what the prompt ends with. */
function written(template: PromptTemplate, message: Message): string {
  const render = (messages: readonly Message[]): string => {
    const text = template.renderChat({ messages, tools, think: undefined });
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

/** The tokens that end a turn: the engine stops there and does not give them out. */
const turnEnd =
  /(?:<\|(?:im_end|eot_id|eom_id|end_of_text|end_of_msg|END_OF_TURN_TOKEN|user_start|role_end|end|eot)\|>|<[｜|](?:end▁of▁sentence|hy_eos:opensource|Assistant)[｜|]>|<(?:end_of_sentence|turn\|)>|<\/assistant>|<EOS>|<sep>|\[e~\[|<SPECIAL_12>|(?:<\|start_header_id\|>)?assistant<\|end_header_id\|>|\s)+$/;

describe.skipIf(templates === undefined)('tool calls of real templates', () => {
  for (const [name, source] of templates ?? []) {
    const compiled = compileJinja(source);
    if (!inspectJinja(compiled).supportsToolCalls) continue;
    it(name, () => {
      const template = jinjaPromptTemplate(source, { bosToken: '<BOS>', eosToken: '<EOS>' });
      if (template.toolCallFormat === undefined) throw new Error('no format was found');
      for (const count of [1, 2]) {
        let text: string;
        try {
          text = written(template, { role: 'assistant', content: '', toolCalls: calls.slice(0, count) });
        } catch {
          continue; // the template refuses several calls
        }
        const parser = createAnswerParser({
          thinkingTags: template.thinkingTags,
          isThinkingOpen: false,
          layout: template.answerLayout,
          toolCallFormat: template.toolCallFormat,
          tools,
        });
        const pieces = [...[...text].flatMap((char) => parser.push(char)), ...parser.end()];
        const found = pieces.flatMap((p) => (p.type === 'toolCall' ? [[p.name, p.arguments]] : []));
        // Some templates write the first call only.
        const shown = text.includes('1.5') ? count : 1;
        expect(found).toEqual(calls.slice(0, shown).map((call) => [call.name, call.arguments]));
        const rest = pieces.map((p) => (p.type === 'toolCall' ? '' : p.text)).join('');
        expect(rest.replace(turnEnd, '')).toBe('');
      }
    });
  }
});
