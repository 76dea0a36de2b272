/** Go templates with tools: what they write for an assistant's calls is read back as the same calls. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAnswerParser } from '../output/answer-parser.ts';
import type { Message, Tool, ToolCall } from '../types/message.ts';
import { goPromptTemplate } from './go-template.ts';

const families = path.resolve(import.meta.dirname, '../template/gotmpl/testdata/families');

const tools: readonly Tool[] = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'Weather',
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
];
const call: ToolCall = { name: 'get_weather', arguments: { city: 'New "York" {x}', days: 3 } };
const user: Message = { role: 'user', content: 'zquestion' };

describe('tool calls of Go templates', () => {
  it.each([
    'command-r-tools',
    'granite3-tools',
    'harmony',
    'hermes-tools',
    'llama3.1-tools',
    'mistral-tools',
    'qwen2.5-tools',
    'qwen3-thinking',
  ])('%s', (name) => {
    const template = goPromptTemplate(readFileSync(path.join(families, `${name}.gotmpl`), 'utf8').trimEnd());
    const shown = (messages: readonly Message[]): string => {
      const text = template.renderChat({ messages, tools, think: undefined });
      return text.slice(text.lastIndexOf(user.content));
    };
    const [text, prompt] = [
      shown([user, { role: 'assistant', content: '', toolCalls: [call] }]),
      shown([user]),
    ];
    expect(text.startsWith(prompt)).toBe(true);
    const parser = createAnswerParser({
      thinkingTags: template.thinkingTags,
      start: 'free',
      layout: template.answerLayout,
      toolCallFormat: template.toolCallFormat,
      tools,
    });
    const pieces = [...[...text.slice(prompt.length)].flatMap((char) => parser.push(char)), ...parser.end()];
    expect(pieces.filter((piece) => piece.type === 'toolCall')).toEqual([
      { type: 'toolCall', name: call.name, arguments: call.arguments },
    ]);
  });
});
