/** For every real template with tools: what it writes for an assistant's calls is read back as the same calls. */
import { describe, expect, it } from 'vitest';
import { createAnswerParser } from '../output/answer-parser.ts';
import { compileJinja } from '../template/jinja/index.ts';
import { inspectJinja } from '../template/jinja/inspect/index.ts';
import { loadTemplates } from '../template/jinja/testdata/templates.ts';
import { jinjaPromptTemplate } from './jinja-template.ts';
import { calls, tools, written } from './testdata/written.ts';

const templates = loadTemplates();

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
          start: 'free',
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

describe.skipIf(templates === undefined)('texts that a template does not escape', () => {
  it.each(["it's", '"x"', `rock 'n' "roll"`, "a', b", "f('x')", 'two\nlines'])(
    'come back from LFM2.5: %j',
    (city) => {
      const source = templates?.get('LFM2.5-8B-A1B.jinja') ?? '';
      const template = jinjaPromptTemplate(source, { bosToken: '', eosToken: '' });
      const toolCalls = [{ name: 'get_weather', arguments: { city, days: 3 } }];
      const text = written(template, { role: 'assistant', content: '', toolCalls });
      const parser = createAnswerParser({
        thinkingTags: template.thinkingTags,
        start: 'free',
        layout: template.answerLayout,
        toolCallFormat: template.toolCallFormat,
        tools,
      });
      const pieces = [...[...text].flatMap((char) => parser.push(char)), ...parser.end()];
      expect(pieces).toContainEqual({ type: 'toolCall', name: 'get_weather', arguments: { city, days: 3 } });
    },
  );
});
