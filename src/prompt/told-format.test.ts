/** Models whose templates show no calls: what they write is read all the same. */
import { describe, expect, it } from 'vitest';
import { createAnswerParser } from '../output/answer-parser.ts';
import { loadTemplates } from '../template/jinja/testdata/templates.ts';
import { jinjaPromptTemplate } from './jinja-template.ts';
import { tools } from './testdata/written.ts';

const templates = loadTemplates();

describe.skipIf(templates === undefined)('calls that no template shows', () => {
  it.each([
    ['LFM2-8B-A1B', '<|tool_call_start|>[get_weather(city="Leeds", days=3)]<|tool_call_end|>'],
    ['LFM2.5-Instruct', "<|tool_call_start|>[get_weather(city='Leeds', days=3)]<|tool_call_end|>"],
    [
      'ibm-granite-granite-3.3-2B-Instruct',
      '<|tool_call|>[{"name": "get_weather", "arguments": {"city": "Leeds", "days": 3}}]',
    ],
  ])('%s', (name, text) => {
    const source = templates?.get(`${name}.jinja`) ?? '';
    const template = jinjaPromptTemplate(source, { bosToken: '', eosToken: '' });
    const parser = createAnswerParser({
      thinkingTags: template.thinkingTags,
      start: 'free',
      layout: template.answerLayout,
      toolCallFormat: template.toolCallFormat,
      tools,
    });
    expect([...[...text].flatMap((char) => parser.push(char)), ...parser.end()]).toEqual([
      { type: 'toolCall', name: 'get_weather', arguments: { city: 'Leeds', days: 3 } },
    ]);
  });

  it.each([
    ['a template without tools', '{{ messages }} <|tool_list_start|>'],
    ['an unknown family', '{{ messages }}{{ tools }}'],
  ])('%s has no calls', (_, source) => {
    const template = jinjaPromptTemplate(source, { bosToken: '', eosToken: '' });
    expect(template.toolCallFormat).toBeUndefined();
  });
});
