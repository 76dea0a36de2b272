import { describe, expect, it } from 'vitest';
import type { Message, ToolCall } from '../types/message.ts';
import { deriveToolCallFormat, type RenderProbe } from './derive-format.ts';

/** A ChatML-like template that writes calls with `write`, joined and wrapped. */
function chatml(write: (call: ToolCall) => string, join = '\n', open = '', close = ''): RenderProbe {
  const body = (message: Message): string =>
    message.toolCalls === undefined
      ? message.content
      : open + message.toolCalls.map(write).join(join) + close;
  return (messages, tools) => {
    const turns = messages.map((m) => `<|im_start|>${m.role}\n${body(m)}<|im_end|>\n`).join('');
    const prompt = messages.at(-1)?.role === 'user' ? '<|im_start|>assistant\n' : '';
    return `<|im_start|>system\n${JSON.stringify(tools)}<|im_end|>\n${turns}${prompt}`;
  };
}

const args = (call: ToolCall): string => JSON.stringify(call.arguments);

describe('deriveToolCallFormat', () => {
  it('sees JSON in tags', () => {
    const render = chatml((c) => `<tool_call>\n{"name": "${c.name}", "arguments": ${args(c)}}\n</tool_call>`);
    expect(deriveToolCallFormat(render)).toMatchObject({
      kind: 'json',
      blockOpen: '<tool_call>',
      nameKey: 'name',
      argumentsKey: 'arguments',
      fillers: expect.arrayContaining(['</tool_call>']),
      members: [
        { key: 'name', holds: 'name' },
        { key: 'arguments', holds: 'arguments' },
      ],
    });
  });

  it('sees a list of JSON objects behind a marker', () => {
    const render = chatml((c) => `{"name":"${c.name}","arguments":${args(c)}}`, ', ', '[TOOL_CALLS][', ']');
    expect(deriveToolCallFormat(render)).toMatchObject({
      kind: 'json',
      blockOpen: '[TOOL_CALLS]',
    });
  });

  it('sees bare JSON', () => {
    const render = chatml((c) => `{"name": "${c.name}", "parameters": ${args(c)}}`);
    expect(deriveToolCallFormat(render)).toMatchObject({
      kind: 'json',
      blockOpen: '',
      argumentsKey: 'parameters',
    });
  });

  it('sees names in tags before JSON', () => {
    const render = chatml((c) => `<function=${c.name}>${args(c)}</function>`);
    expect(deriveToolCallFormat(render)).toMatchObject({ kind: 'named', beforeName: '<function=' });
  });

  it('sees arguments in tags', () => {
    const render = chatml((c) => {
      const parameters = Object.entries(c.arguments).map(
        ([k, v]) => `<parameter=${k}>\n${v}\n</parameter>\n`,
      );
      return `<tool_call>\n<function=${c.name}>\n${parameters.join('')}</function>\n</tool_call>`;
    });
    expect(deriveToolCallFormat(render)).toMatchObject({
      kind: 'tagged',
      blockOpen: '<tool_call>',
      beforeName: '<function=',
      afterName: '>',
      beforeKey: '<parameter=',
      afterKey: '>',
      afterValue: '</parameter>',
      callClose: '</function>',
    });
  });

  it('sees calls as in Python', () => {
    const render = chatml(
      (c) =>
        `${c.name}(${Object.entries(c.arguments)
          .map(([k, v]) => `${k}="${v}"`)
          .join(', ')})`,
      ', ',
      '<|tool_start|>[',
      ']<|tool_end|>',
    );
    expect(deriveToolCallFormat(render)).toMatchObject({ kind: 'python', blockOpen: '<|tool_start|>' });
  });

  it('settles for one call where the template refuses two', () => {
    const render = chatml((c) => `<tool_call>{"name": "${c.name}", "arguments": ${args(c)}}</tool_call>`);
    const single: RenderProbe = (messages, tools) => {
      if (messages.some((m) => (m.toolCalls?.length ?? 0) > 1)) throw new Error('one call only');
      return render(messages, tools);
    };
    expect(deriveToolCallFormat(single)).toMatchObject({ kind: 'json', blockOpen: '<tool_call>' });
  });

  it.each<[string, RenderProbe]>([
    ['shows no calls', (messages) => messages.map((m) => m.content).join('')],
    [
      'refuses calls',
      () => {
        throw new Error('no');
      },
    ],
    ['shows names only', chatml((c) => `called ${c.name}`)],
  ])('knows nothing of a template that %s', (_, render) => {
    expect(deriveToolCallFormat(render)).toBeUndefined();
  });
});
