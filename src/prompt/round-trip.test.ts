/** For every real template with tools: what it writes for an assistant's calls is read back as the same calls. */
import { describe, expect, it } from 'vitest';
import { createToolCallParser } from '../output/tool-calls.ts';
import { compileJinja } from '../template/jinja/index.ts';
import { inspectJinja } from '../template/jinja/inspect/index.ts';
import { loadTemplates } from '../template/jinja/testdata/templates.ts';
import type { Tool, ToolCall } from '../types/message.ts';
import { jinjaPromptTemplate } from './jinja-template.ts';

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

/** Formats that are not understood yet; a template that begins to work must be taken off the list. */
const notYet = /^(MiniMax-M3|fireworks|meetkai-functionary-medium-v3\.2|meta-llama|muse)/;

describe.skipIf(templates === undefined)('tool calls of real templates', () => {
  for (const [name, source] of templates ?? []) {
    const compiled = compileJinja(source);
    if (!inspectJinja(compiled).supportsToolCalls) continue;
    it(name, { fails: notYet.test(name) }, () => {
      const template = jinjaPromptTemplate(source, { bosToken: '<BOS>', eosToken: '<EOS>' });
      const format = template.toolCallFormat;
      if (format === undefined) throw new Error('no format was found');
      for (const count of [1, 2]) {
        const user = { role: 'user', content: 'zquestion' };
        const written = (n: number): string =>
          template.renderChat({
            messages: [user, { role: 'assistant', content: '', toolCalls: calls.slice(0, n) }],
            tools,
            think: undefined,
          });
        let text: string;
        try {
          text = written(count);
        } catch {
          continue; // the template refuses several calls
        }
        const parser = createToolCallParser(format, tools);
        const answer = text.slice(text.lastIndexOf('zquestion') + 'zquestion'.length);
        const pieces = [...[...answer].flatMap((char) => parser.push(char)), ...parser.end()];
        const found = pieces.flatMap((p) => (p.type === 'toolCall' ? [[p.name, p.arguments]] : []));
        // Some templates write the first call only.
        const shown = text.includes('1.5') ? count : 1;
        expect(found).toEqual(calls.slice(0, shown).map((call) => [call.name, call.arguments]));
      }
    });
  }
});
