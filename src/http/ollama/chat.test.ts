import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../inference/types.ts';
import type { AnswerEvent } from '../../types/events.ts';
import type { Message } from '../../types/message.ts';
import { answer, content, done, lines, start } from '../testdata/harness.ts';

const png = Buffer.from([0x89, 0x50, 0x4e, 0x47]).toString('base64');

/** What the inference room is asked when the client sends this. */
async function chatOf(body: unknown): Promise<ChatRequest | undefined> {
  const { call, calls } = await start();
  await call('POST', '/api/chat', { body });
  return calls.chat[0];
}

describe('messages', () => {
  it.each<[string, unknown, Message]>([
    ['an empty one', {}, { role: '', content: '' }],
    ['null', null, { role: '', content: '' }],
    ['a role in capitals', { role: 'USER', content: 'hi' }, { role: 'user', content: 'hi' }],
    ['a role of its own', { role: 'Ipython', content: 'hi' }, { role: 'ipython', content: 'hi' }],
    ['thinking', { role: 'assistant', thinking: 't' }, { role: 'assistant', content: '', thinking: 't' }],
    [
      'images',
      { role: 'user', images: [png] },
      { role: 'user', content: '', images: [Buffer.from(png, 'base64')] },
    ],
    [
      'a tool result',
      { role: 'tool', content: '1', tool_name: 'f', tool_call_id: 'c' },
      { role: 'tool', content: '1', toolName: 'f', toolCallId: 'c' },
    ],
    [
      'tool calls, with a type that is ignored',
      {
        role: 'assistant',
        tool_calls: [
          {
            type: 'function',
            id: 'c',
            function: { index: 1, name: 'f', arguments: { z: 1, a: { y: 2, b: 3 } } },
          },
          { function: { name: 'g', arguments: null } },
        ],
      },
      {
        role: 'assistant',
        content: '',
        toolCalls: [
          { id: 'c', index: 1, name: 'f', arguments: { z: 1, a: { y: 2, b: 3 } } },
          { name: 'g', arguments: {} },
        ],
      },
    ],
  ])('%s', async (_name, wire, message) => {
    const request = await chatOf({ model: 'm', messages: [wire] });
    expect(request?.messages).toEqual([message]);
  });

  it('keep the order of tool arguments', async () => {
    const call = { function: { name: 'f', arguments: { z: 1, a: 2, m: 3 } } };
    const request = await chatOf({ model: 'm', messages: [{ role: 'assistant', tool_calls: [call] }] });
    expect(Object.keys(request?.messages[0]?.toolCalls?.[0]?.arguments ?? {})).toEqual(['z', 'a', 'm']);
  });
});

describe('tools', () => {
  it.each<[string, unknown, unknown]>([
    [
      'unknown keywords are dropped, the order is Ollama’s',
      {
        type: 'function',
        strict: true,
        function: {
          description: 'd',
          name: 'f',
          strict: true,
          parameters: {
            additionalProperties: false,
            properties: {
              z: {
                title: 'Z',
                description: 'zz',
                type: 'string',
                format: 'date',
                default: 'x',
                enum: ['a', 1],
              },
              a: { type: ['integer'], minimum: 1 },
            },
            required: ['z'],
            type: 'object',
          },
        },
      },
      '{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","required":["z"],"properties":{"z":{"type":"string","description":"zz","enum":["a",1]},"a":{"type":"integer"}}}}}',
    ],
    [
      'nested properties, alternatives and items',
      {
        type: 'function',
        function: {
          name: 'f',
          parameters: {
            type: 'object',
            $defs: { x: { type: 'string', title: 'kept as it is' } },
            properties: {
              o: {
                type: 'object',
                required: ['p'],
                properties: { p: { type: ['string', 'null'], maxLength: 3 } },
              },
              l: { items: { type: 'number', title: 'kept' }, type: 'array' },
              u: { anyOf: [{ type: 'string', pattern: 'x' }, { $ref: '#/$defs/x' }] },
            },
          },
        },
      },
      '{"type":"function","function":{"name":"f","parameters":{"type":"object","$defs":{"x":{"type":"string","title":"kept as it is"}},"properties":{"o":{"type":"object","properties":{"p":{"type":["string","null"]}},"required":["p"]},"l":{"type":"array","items":{"type":"number","title":"kept"}},"u":{"anyOf":[{"type":"string"},{}]}}}}}',
    ],
    [
      'missing parameters',
      { type: 'function', function: { name: 'f' } },
      '{"type":"function","function":{"name":"f","parameters":{"type":"","properties":null}}}',
    ],
    ['nothing', {}, '{"type":"","function":{"name":"","parameters":{"type":"","properties":null}}}'],
    [
      'properties with hostile names',
      JSON.parse(
        '{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"number"}}}}}',
      ),
      '{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"number"}}}}}',
    ],
  ])('%s', async (_name, wire, expected) => {
    const request = await chatOf({ model: 'm', messages: [], tools: [wire] });
    expect(JSON.stringify(request?.tools[0])).toBe(expected);
  });
});

describe('refused', () => {
  const tool = (parameters: unknown): unknown => ({
    model: 'm',
    tools: [{ type: 'function', function: { name: 'f', parameters } }],
  });
  it.each<[string, unknown, string]>([
    ['no body', '', 'missing request body'],
    ['no model', { messages: [] }, 'model is required'],
    ['a blank model', { model: ' ' }, 'model is required'],
    ['null', 'null', 'model is required'],
    ['top_logprobs first', { top_logprobs: 21 }, 'top_logprobs must be between 0 and 20'],
    [
      'content that is a list',
      { model: 'm', messages: [{ role: 'user', content: [] }] },
      'json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string',
    ],
    [
      'arguments that are text',
      { model: 'm', messages: [{ tool_calls: [{ function: { arguments: '{}' } }] }] },
      'json: cannot unmarshal string into Go struct field ChatRequest.messages.tool_calls.function.arguments of type map[string]interface {}',
    ],
    [
      'images that are none',
      { model: 'm', messages: [{ images: ['http://x'] }] },
      'illegal base64 data at input byte 4',
    ],
    [
      'messages that are an object',
      { model: 'm', messages: {} },
      'ChatRequest.messages of type []api.Message',
    ],
    ['tools that are text', { model: 'm', tools: 'x' }, 'ChatRequest.tools of type []api.Tool'],
    ['a tool with odd required', tool({ required: 'x' }), 'ToolFunctionParameters.required of type []string'],
    ['a tool with odd properties', tool({ properties: { a: 1 } }), 'ToolFunctionParameters.properties'],
    [
      'a property with an odd type',
      tool({ properties: { a: { type: 1 } } }),
      'must be a string or a list of strings',
    ],
    [
      'a property with an odd inside',
      tool({ properties: { a: { properties: [] } } }),
      'ToolProperty.properties',
    ],
  ])('%s', async (_name, body, error) => {
    const { call, calls } = await start();
    const reply = await call('POST', '/api/chat', { body });
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.text).error).toContain(error);
    expect(calls.chat).toEqual([]);
  });
});

describe('the answer', () => {
  const body = { model: 'Stories', messages: [{ role: 'user', content: 'hi' }] };
  const toolCall: AnswerEvent = {
    type: 'toolCall',
    call: { id: 'call_ab12cd34', index: 0, name: 'f', arguments: { z: '<', a: [1] } },
  };

  it('streams messages; content is always there', async () => {
    const { call } = await start({
      chat: () => answer({ type: 'thinking', text: 'hm' }, content('a'), toolCall, done),
    });
    const reply = await call('POST', '/api/chat', { body });
    expect(reply.headers['content-type']).toBe('application/x-ndjson');
    const texts = reply.text
      .trimEnd()
      .replaceAll(/"created_at":"[^"]*"/g, '"created_at":"T"')
      .split('\n');
    expect(texts).toEqual([
      '{"model":"Stories","created_at":"T","message":{"role":"assistant","content":"","thinking":"hm"},"done":false}',
      '{"model":"Stories","created_at":"T","message":{"role":"assistant","content":"a"},"done":false}',
      '{"model":"Stories","created_at":"T","message":{"role":"assistant","content":"","tool_calls":[{"id":"call_ab12cd34","function":{"index":0,"name":"f","arguments":{"z":"\\u003c","a":[1]}}}]},"done":false}',
      '{"model":"Stories","created_at":"T","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":4000,"load_duration":500,"prompt_eval_count":5,"prompt_eval_duration":1000,"eval_count":3,"eval_duration":2000}',
    ]);
  });

  it('is put together for those who do not stream', async () => {
    const logprob = (token: string) => ({ token, logprob: -1, bytes: [...Buffer.from(token)] });
    const { call } = await start({
      chat: () =>
        answer(
          { type: 'thinking', text: 'h', logprobs: [logprob('h')] },
          { type: 'thinking', text: 'm' },
          { type: 'content', text: 'a', logprobs: [logprob('a')] },
          toolCall,
          { type: 'toolCall', call: { name: 'g', arguments: {} } },
          content('b'),
          done,
        ),
    });
    const reply = await call('POST', '/api/chat', { body: { ...body, stream: false } });
    expect(reply.text.replace(/"created_at":"[^"]*"/, '"created_at":"T"')).toBe(
      '{"model":"Stories","created_at":"T","message":{"role":"assistant","content":"ab","thinking":"hm","tool_calls":[' +
        '{"id":"call_ab12cd34","function":{"index":0,"name":"f","arguments":{"z":"\\u003c","a":[1]}}},' +
        '{"function":{"index":1,"name":"g","arguments":{}}}]},"done":true,"done_reason":"stop",' +
        '"logprobs":[{"token":"h","logprob":-1,"bytes":[104]},{"token":"a","logprob":-1,"bytes":[97]}],' +
        '"total_duration":4000,"load_duration":500,"prompt_eval_count":5,"prompt_eval_duration":1000,"eval_count":3,"eval_duration":2000}',
    );
  });

  it.each(['load', 'unload'] as const)('to a %s request is one object', async (reason) => {
    const { call } = await start({ chat: () => ({ type: 'single', event: { type: 'done', reason } }) });
    const reply = await call('POST', '/api/chat', { body: { model: 'm', messages: [] } });
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(lines(reply.text)).toEqual([
      expect.objectContaining({
        message: { role: 'assistant', content: '' },
        done: true,
        done_reason: reason,
      }),
    ]);
  });

  it('to a debug request is the prompt', async () => {
    const { call } = await start({ chat: () => ({ type: 'rendered', text: 'x', imageCount: 2 }) });
    const reply = await call('POST', '/api/chat', { body });
    expect(JSON.parse(reply.text)).toMatchObject({
      message: { role: '', content: '' },
      done: false,
      _debug_info: { rendered_template: 'x', image_count: 2 },
    });
  });
});
