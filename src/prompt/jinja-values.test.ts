/** What clients leave out of tools, calls and results, and what templates get all the same. */
import { describe, expect, it } from 'vitest';
import { loadTemplates } from '../template/jinja/testdata/templates.ts';
import type { Message, Tool } from '../types/message.ts';
import { jinjaPromptTemplate } from './jinja-template.ts';

const special = { bosToken: '<BOS>', eosToken: '<EOS>' };
const user: Message = { role: 'user', content: 'Hi' };

/** As little as Ollama's API asks for. */
const bareTool: Tool = {
  type: 'function',
  function: { name: 'zqnow', parameters: { type: 'object', properties: null } },
};

function turns(id?: string): readonly Message[] {
  const call = { ...(id === undefined ? {} : { id }), name: 'zqnow', arguments: {} };
  return [
    user,
    { role: 'assistant', content: '', toolCalls: [call] },
    { role: 'tool', content: 'zqnoon', ...(id === undefined ? {} : { toolCallId: id }) },
  ];
}

const shown =
  '{% for m in messages %}{% for c in m.tool_calls %}{{ c.id }}({{ c.function.name }});{% endfor %}' +
  "{% if m.role == 'tool' %}{{ m.tool_call_id }}={{ m.name }};{% endif %}{% endfor %}";
const strict = `{% for m in messages %}{% for c in m.tool_calls %}{% if c.id | length != 9 %}{{ raise_exception('nine!') }}{% endif %}{% endfor %}{% endfor %}${shown}`;

describe('ids of calls', () => {
  it.each([
    ['the client’s, where there are some', shown, 'call_a', 'call_a(zqnow);call_a=zqnow;'],
    ['made up, where there are none', shown, undefined, '0000call0(zqnow);0000call0=zqnow;'],
    ['made up, where they are empty', shown, '', '0000call0(zqnow);0000call0=zqnow;'],
    ['nine characters of the client’s', strict, 'call_0123abcd', 'l0123abcd(zqnow);l0123abcd=zqnow;'],
    ['the client’s with nine characters', strict, 'abcdefghi', 'abcdefghi(zqnow);abcdefghi=zqnow;'],
    ['short ones, filled up', strict, 'a-1', '0000000a1(zqnow);0000000a1=zqnow;'],
  ])('are %s', (_, source, id, expected) => {
    const template = jinjaPromptTemplate(source, special);
    expect(template.renderChat({ messages: turns(id), tools: [bareTool], think: undefined })).toBe(expected);
  });

  it('tell calls apart', () => {
    const messages = [...turns(), ...turns()];
    const text = jinjaPromptTemplate(shown, special).renderChat({ messages, tools: [], think: undefined });
    expect(text).toBe('0000call0(zqnow);0000call0=zqnow;0000call1(zqnow);0000call1=zqnow;');
  });
});

const templates = [...(loadTemplates() ?? [])]
  .map(([name, source]) => [name, jinjaPromptTemplate(source, special)] as const)
  .filter(([, template]) => template.toolCallFormat !== undefined);

describe.skipIf(templates.length === 0)('real templates', () => {
  it.each(templates)('%s: take a tool that tells nothing but its name, and a call of it', (_, template) => {
    for (const id of [undefined, 'call_0123abcd']) {
      const text = template.renderChat({ messages: turns(id), tools: [bareTool], think: undefined });
      expect(text).toContain('zqnow');
      expect(text).toContain('zqnoon');
    }
  });
});
