/** For every real template: where the model goes on with a message of the assistant, and how its text is read then. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAnswerParser } from '../output/answer-parser.ts';
import { loadTemplates } from '../template/jinja/testdata/templates.ts';
import type { Message, ThinkValue } from '../types/message.ts';
import { answerStart } from './continuation.ts';
import { jinjaPromptTemplate } from './jinja-template.ts';
import { user } from './testdata/written.ts';
import type { PromptTemplate } from './types.ts';

const templates = new Map(
  [...(loadTemplates() ?? [])].map(([name, source]) => [
    name,
    jinjaPromptTemplate(source, { bosToken: '<BOS>', eosToken: '<EOS>' }),
  ]),
);

const begun: Message = { role: 'assistant', content: 'Once upon  "a" <b>' };
const thought: Message = { role: 'assistant', content: '', thinking: 'The user wants' };

/** What stands behind the user's message. */
function render(template: PromptTemplate, last: Message, think: ThinkValue | undefined): string {
  const text = template.renderChat({ messages: [user, last], tools: [], think });
  return text.slice(text.lastIndexOf(user.content) + user.content.length);
}

/** How `text` is read behind the prompt. */
function read(template: PromptTemplate, last: Message, prompt: string, text: string): object {
  const parser = createAnswerParser({
    thinkingTags: template.thinkingTags,
    start: answerStart([user, last], prompt, template.thinkingTags),
    layout: template.answerLayout,
    toolCallFormat: template.toolCallFormat,
    tools: [],
  });
  const pieces = [...[...text].flatMap((char) => parser.push(char)), ...parser.end()];
  const join = (type: string): string =>
    pieces.map((p) => ('text' in p && p.type === type ? p.text : '')).join('');
  return { thinking: join('thinking'), content: join('content') };
}

describe.skipIf(templates.size === 0)('real templates', () => {
  it('put before a begun answer what they put before a finished one', async () => {
    const rows = [...templates].map(([name, template]) => {
      const shown = ([undefined, true, false] as const).map((think) => {
        const prompt = render(template, begun, think);
        expect(prompt.endsWith(begun.content)).toBe(true);
        return prompt.slice(-begun.content.length - 64, -begun.content.length);
      });
      const thinking =
        template.thinkingTags === undefined ? [] : [render(template, thought, true).slice(-64)];
      const texts = [...new Set(shown), ...thinking].map((text) => `  ${JSON.stringify(text)}\n`);
      return `${name}\n${texts.join('')}`;
    });
    await expect(rows.join('')).toMatchFileSnapshot(
      path.join(import.meta.dirname, 'testdata/continuations.expected.txt'),
    );
  });

  it.each([...templates])('%s: goes on with an answer', (_, template) => {
    for (const think of [undefined, true, false]) {
      const prompt = render(template, begun, think);
      const { thinkingTags: tags } = template;
      // No thought is open: the last one, if there is any, has been closed.
      if (tags !== undefined)
        expect(prompt.lastIndexOf(tags.close)).toBeGreaterThanOrEqual(prompt.lastIndexOf(tags.open));
      expect(read(template, begun, prompt, ' time.')).toEqual({ thinking: '', content: ' time.' });
    }
  });

  it.each([...templates].filter(([, { thinkingTags }]) => thinkingTags !== undefined))(
    '%s: goes on with a thought',
    (_, template) => {
      const prompt = render(template, thought, true);
      const { open = '', close = '' } = template.thinkingTags ?? {};
      expect(prompt).toContain(open);
      expect(prompt.endsWith('The user wants')).toBe(true);
      const header =
        template.answerLayout?.kind === 'messages' ? `<|start|>assistant${template.answerLayout.open}` : '';
      expect(read(template, thought, prompt, ` this.${close}${header}Yes.`)).toEqual({
        thinking: ' this.',
        content: 'Yes.',
      });
    },
  );
});

describe.skipIf(templates.size === 0)('a conversation that is nothing but an answer', () => {
  it.each([...templates])('%s: renders', (_, template) => {
    for (const last of [{ role: 'assistant', content: '' }, begun, thought]) {
      const prompt = template.renderChat({ messages: [last], tools: [], think: undefined });
      expect(prompt).not.toBe('');
      if (last === begun) expect(prompt.endsWith(begun.content)).toBe(true);
    }
  });
});

describe('templates that show no answers', () => {
  const compile = (source: string): PromptTemplate =>
    jinjaPromptTemplate(source, { bosToken: '', eosToken: '' });
  const loop = "{% for m in messages if m.role == 'user' %}[{{ m.content }}]{% endfor %}";

  it('get the answer behind the prompt for a new one', () => {
    expect(render(compile(`${loop}{% if add_generation_prompt %}A:{% endif %}`), begun, undefined)).toBe(
      `]A:${begun.content}`,
    );
  });

  it('have the thought closed that they open', () => {
    const source = `${loop}{% if add_generation_prompt %}A:<think>{% endif %}{# </think> #}`;
    expect(render(compile(source), begun, true)).toBe(`]A:<think></think>\n\n${begun.content}`);
  });

  it('begin a new answer where there is nothing to go on with', () => {
    const empty: Message = { role: 'assistant', content: '' };
    expect(render(compile(`${loop}{% if add_generation_prompt %}A:{% endif %}`), empty, undefined)).toBe(
      ']A:',
    );
  });
});
