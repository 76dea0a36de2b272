import { describe, expect, it } from 'vitest';
import type { Message, Tool } from '../types/message.ts';
import { jinjaPromptTemplate } from './jinja-template.ts';

const now = (): Date => new Date('2031-02-03T04:05:06Z');
const user: Message = { role: 'user', content: 'Hi' };
const tools: readonly Tool[] = [{ type: 'function', function: { name: 'now', parameters: {} } }];

function render(source: string, messages: readonly Message[], declared: readonly Tool[] = []): string {
  const template = jinjaPromptTemplate(source, { bosToken: '<s>', eosToken: '</s>' }, now);
  return template.renderChat({ messages, tools: declared, think: undefined });
}

describe('jinjaPromptTemplate', () => {
  it.each([
    ['the time that firefunction asks for', '{{ datetime }}', '2031-02-03 04:05:06 GMT'],
    ['the date that others ask for', "{{ strftime_now('%Y-%m') }}", '2031-02'],
    ['its special tokens', '{{ bos_token }}{{ eos_token }}', '<s></s>'],
    ['no tools where there are none', '{{ tools is defined }}{{ functions }}', 'False'],
  ])('gives a template %s', (_, source, expected) => {
    expect(render(source, [user])).toBe(expected);
  });

  it('gives tools as a list and, for firefunction, as text', () => {
    expect(render('{{ tools[0].function.name }} {{ functions }}', [user], tools)).toBe(
      `now ${JSON.stringify(tools, null, 2)}`,
    );
  });

  const shown = "{% for m in messages if m.role == 'tool' %}{{ m.name }}={{ m.content }};{% endfor %}";
  const call = (id: string, name: string) => ({ id, name, arguments: {} });
  it.each<[string, Message[], string]>([
    [
      'by the order of the calls',
      [
        { role: 'assistant', content: '', toolCalls: [call('a', 'one'), call('b', 'two')] },
        { role: 'tool', content: '1' },
        { role: 'tool', content: '2' },
      ],
      'one=1;two=2;',
    ],
    [
      'by the id of the call',
      [
        { role: 'assistant', content: '', toolCalls: [call('a', 'one'), call('b', 'two')] },
        { role: 'tool', content: '2', toolCallId: 'b' },
        { role: 'tool', content: '1', toolCallId: 'a' },
      ],
      'two=2;one=1;',
    ],
    [
      'as the client says',
      [
        { role: 'assistant', content: '', toolCalls: [call('a', 'one')] },
        { role: 'tool', content: '1', toolName: 'mine' },
      ],
      'mine=1;',
    ],
  ])('names the results of tools %s', (_, messages, expected) => {
    expect(render(shown, [user, ...messages, user])).toBe(expected);
  });

  const turns = '{% for m in messages %}{{ m.content }}{{ m.tool_calls }}{% endfor %}{{ tools }}';
  it.each([
    ['runs for ever', '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}'],
    ['writes for ever', '{% for i in range(99999) %}{{ "x" * 99999 }}{% endfor %}'],
    ['writes a lot', '{% for i in range(30000) %}{{ i }}<a>{% endfor %}'],
    ['writes a lot of calls', '{% for i in range(500) %}<a>{{ messages[-1].tool_calls }}</a>{% endfor %}'],
  ])('is made at once of a template that %s', (_, source) => {
    const template = jinjaPromptTemplate(turns + source, { bosToken: '', eosToken: '' });
    expect(template.toolCallFormat).toBeUndefined();
  });
});
