/** POST /api/chat with the real server, a real runner and small models, through the official `ollama` package and plain HTTP. */
import { type ChatResponse, type Message, Ollama, type Tool } from 'ollama';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createModel, post, startCria, type TestServer } from '../support/cria.ts';

let server: TestServer;
let ollama: Ollama;

beforeAll(async () => {
  server = await startCria();
  ollama = new Ollama({ host: server.url });
  await createModel(server, { model: 'gotalk', from: 'cria-mini', template: goTemplate });
  await createModel(server, {
    model: 'staged',
    from: 'cria-mini',
    system: 'You are an assistant named Elena.',
    messages: [
      { role: 'user', content: 'I love pink.' },
      { role: 'assistant', content: 'That is nice.' },
    ],
  });
});
afterAll(() => server.stop());

const model = 'cria-mini';

/** What the Jinja template of cria-mini writes, in the other language. */
const goTemplate = `{{- if or .System .Tools }}<|im_start|>system
{{ .System }}{{ if and .System .Tools }}

{{ end }}{{ if .Tools }}<tools>
{{ range .Tools }}{{ .Function.Name }}(
{{- range $name, $property := .Function.Parameters.Properties }}{{ $name }}: {{ $property.Type }}{{ end -}}
): {{ .Function.Description }}
{{ end }}</tools>{{ end }}<|im_end|>
{{ end }}
{{- range .Messages }}
{{- if eq .Role "user" }}<|im_start|>user
{{ .Content }}<|im_end|>
{{ else if eq .Role "assistant" }}<|im_start|>assistant
{{ if .Thinking }}<think>
{{ .Thinking }}
</think>

{{ end }}{{ .Content }}{{ range .ToolCalls }}<tool_call>
{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}
</tool_call>{{ end }}<|im_end|>
{{ else if eq .Role "tool" }}<|im_start|>user
<tool_response>
{{ .Content }}
</tool_response><|im_end|>
{{ end }}
{{- end }}<|im_start|>assistant
{{ if and .IsThinkSet (not .Think) }}<think>

</think>

{{ end }}`;

function user(content: string): Message {
  return { role: 'user', content };
}

async function chunksOf(stream: AsyncIterable<ChatResponse>): Promise<ChatResponse[]> {
  const chunks: ChatResponse[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe('the answer', () => {
  it('comes whole and in pieces, thought first; every piece has a role and content', async () => {
    const request = { model, messages: [user('How many legs does a spider have?')] };
    const whole = await ollama.chat(request);
    expect(whole).toMatchObject({
      model,
      message: {
        role: 'assistant',
        content: 'A spider has eight legs.',
        thinking: 'A question about spiders.',
      },
      done: true,
      done_reason: 'stop',
    });
    const chunks = await chunksOf(await ollama.chat({ ...request, stream: true }));
    const messages = chunks.map((chunk) => chunk.message);
    expect(messages.map((message) => message.content).join('')).toBe(whole.message.content);
    expect(messages.map((message) => message.thinking ?? '').join('')).toBe(whole.message.thinking);
    const firstContent = messages.findIndex((message) => message.content !== '');
    const lastThought = messages.findLastIndex((message) => message.thinking !== undefined);
    expect(lastThought).toBeLessThan(firstContent);
    for (const message of messages)
      expect(message).toMatchObject({ role: 'assistant', content: expect.any(String) });
    expect(chunks.at(-1)).toMatchObject({
      message: { content: '' },
      done: true,
      eval_count: whole.eval_count,
    });
  });

  it('has the fields of Ollama in its order', async () => {
    const body = {
      model,
      messages: [user('hello')],
      think: false,
      stream: false,
      logprobs: true,
      top_logprobs: 1,
    };
    const { headers, json } = await post(server, '/api/chat', body);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(Object.keys(json)).toEqual([
      'model',
      'created_at',
      'message',
      'done',
      'done_reason',
      'logprobs',
      'total_duration',
      'load_duration',
      'prompt_eval_count',
      'prompt_eval_duration',
      'eval_count',
      'eval_duration',
    ]);
    expect(json.logprobs[0]).toEqual({
      token: 'H',
      logprob: expect.any(Number),
      bytes: [72],
      top_logprobs: [{ token: 'H', logprob: json.logprobs[0].logprob, bytes: [72] }],
    });
    const pieces = json.logprobs.map((item: { token: string }) => item.token);
    expect(pieces.join('')).toBe(json.message.content);
  });

  it.each<[string, object, string]>([
    [
      'the system message',
      {
        messages: [
          { role: 'system', content: 'You are an assistant named Theo.' },
          user('Introduce yourself.'),
        ],
      },
      'I am Theo.',
    ],
    [
      'the system text of the model',
      { model: 'staged', messages: [user('Introduce yourself.')] },
      'I am Elena.',
    ],
    [
      'what was said before',
      {
        messages: [
          user('What is the opposite of big?'),
          { role: 'assistant', content: 'The opposite of big is small.' },
          user('What did you say?'),
        ],
      },
      'The opposite of big is small.',
    ],
    [
      'what the model was made with',
      { model: 'staged', messages: [user('What do I like?')] },
      'You like pink.',
    ],
    [
      'a turn whose role is in capitals',
      { messages: [{ role: 'USER', content: 'hello' }] },
      'Hello! How can I help you?',
    ],
  ])('follows %s', async (_, request, content) => {
    const { json } = await post(server, '/api/chat', { model, think: false, stream: false, ...request });
    expect(json.message.content).toBe(content);
  });

  it.each<[object, string]>([
    [{}, 'load'],
    [{ messages: [] }, 'load'],
    [{ messages: null, stream: true }, 'load'],
    [{ messages: [], keep_alive: 0 }, 'unload'],
  ])('to %j is one object: %s', async (request, reason) => {
    const { headers, json } = await post(server, '/api/chat', { model, ...request });
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(json).toEqual({
      model,
      created_at: expect.any(String),
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: reason,
    });
  });
});

describe('thinking', () => {
  it.each([undefined, true, 'low', 'medium', 'high', 'max'])('%s: thinks', async (think) => {
    const { json } = await post(server, '/api/chat', {
      model,
      messages: [user('hello')],
      stream: false,
      think,
    });
    expect(json.message).toEqual({
      role: 'assistant',
      content: 'Hello! How can I help you?',
      thinking: 'This is a greeting.',
    });
  });

  it('false: does not', async () => {
    const { message } = await ollama.chat({ model, messages: [user('hello')], think: false });
    expect(message).toEqual({ role: 'assistant', content: 'Hello! How can I help you?' });
  });

  it('comes before a format, piece by piece', async () => {
    const chunks = await chunksOf(
      await ollama.chat({
        model,
        messages: [user('Make a JSON object with day: Monday, kind red.')],
        format: {
          type: 'object',
          properties: { kind: { type: 'string' }, day: { type: 'string' } },
          required: ['kind', 'day'],
        },
        stream: true,
      }),
    );
    const text = (key: 'thinking' | 'content'): string =>
      chunks.map(({ message }) => message[key] ?? '').join('');
    expect(text('thinking')).toBe('The answer is JSON.');
    // In the order of the schema.
    expect(Object.keys(JSON.parse(text('content')))).toEqual(['kind', 'day']);
  });
});

describe('tools', () => {
  const declare = (
    name: string,
    description: string,
    properties: Record<string, { type: string }>,
  ): Tool => ({
    type: 'function',
    function: {
      name,
      description,
      parameters: { type: 'object', required: Object.keys(properties), properties },
    },
  });
  const weather = declare('get_weather', 'Get the current weather for a city', { city: { type: 'string' } });
  const add = declare('add_numbers', 'Add two numbers', { a: { type: 'integer' }, b: { type: 'integer' } });
  const question = user('What is the weather in Berlin and Tokyo?');
  const calls = ['Berlin', 'Tokyo'].map((city, index) => ({
    id: expect.stringMatching(/^call_[a-z0-9]{8}$/),
    function: { index, name: 'get_weather', arguments: { city } },
  }));

  it.each([true, false])('are called several times in one answer (think %s)', async (think) => {
    const answer = await ollama.chat({ model, messages: [question], tools: [weather], think });
    expect(answer).toMatchObject({ done: true, done_reason: 'stop' });
    const { thinking, ...message } = answer.message;
    expect(message).toEqual({ role: 'assistant', content: '', tool_calls: calls });
    expect(thinking).toBe(think ? 'I need two calls.' : undefined);
    const ids = (message.tool_calls ?? []).map((call) => (call as { id?: string }).id);
    expect(new Set(ids).size).toBe(2);
  });

  it('are called in a chunk of its own each', async () => {
    const request = { model, messages: [question], tools: [weather], think: false, stream: true as const };
    const chunks = await chunksOf(await ollama.chat(request));
    expect(
      chunks.map(({ message, done }) => ({ calls: message.tool_calls, content: message.content, done })),
    ).toEqual([
      { calls: [calls[0]], content: '', done: false },
      { calls: [calls[1]], content: '', done: false },
      { calls: undefined, content: '', done: true },
    ]);
  });

  it.each<[string, object | undefined]>([
    ['What is the weather in Leeds?', { name: 'get_weather', arguments: { city: 'Leeds' } }],
    ['What is 12 + 30?', { name: 'add_numbers', arguments: { a: 12, b: 30 } }],
    ['hello', undefined],
  ])('are chosen by the question: %s', async (content, called) => {
    const { message } = await ollama.chat({
      model,
      messages: [user(content)],
      tools: [weather, add],
      think: false,
    });
    expect(message.tool_calls?.map((call) => call.function)).toEqual(called && [{ index: 0, ...called }]);
    if (called === undefined) expect(message.content).toBe('Hello! How can I help you?');
  });

  it.each<[string, object]>([
    ['by name', { tool_name: 'get_weather' }],
    ['by the id of the call', { tool_call_id: 'call_1' }],
    ['in no way', {}],
  ])('give results, told apart %s', async (_, told) => {
    const messages = [
      user('What is the weather in Berlin?'),
      {
        role: 'assistant',
        content: '',
        tool_calls: [
          {
            id: 'call_1',
            type: 'function',
            function: { name: 'get_weather', arguments: { city: 'Berlin' } },
          },
        ],
      },
      { role: 'tool', content: '{"temperature": 21, "condition": "sunny"}', ...told },
    ];
    const { json } = await post(server, '/api/chat', {
      model,
      messages,
      tools: [weather],
      think: false,
      stream: false,
    });
    expect(json.message).toEqual({ role: 'assistant', content: 'It is sunny in Berlin, 21 degrees.' });
  });

  it('reach the model with the properties in the order of the client', async () => {
    const tools = [declare('f', 'd', { z: { type: 'string' }, a: { type: 'integer' } })];
    const { json } = await post(server, '/api/chat', {
      model,
      messages: [user('hi')],
      tools,
      _debug_render_only: true,
    });
    expect(json).toMatchObject({ message: { role: '', content: '' }, done: false });
    expect(json._debug_info.rendered_template).toContain('<tools>\nf(z: string, a: integer): d\n</tools>');
  });
});

describe('a Go template', () => {
  const weather = {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'Get the current weather for a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    },
  };
  const question = user('What is the weather in Berlin?');
  const call = { function: { name: 'get_weather', arguments: { city: 'Berlin' } } };
  const result = {
    role: 'tool',
    content: '{"temperature": 21, "condition": "sunny"}',
    tool_name: 'get_weather',
  };

  it.each<[string, object, object]>([
    ['a thought', { messages: [user('hello')] }, { thinking: 'This is a greeting.' }],
    ['no thought', { messages: [user('hello')], think: false }, { content: 'Hello! How can I help you?' }],
    [
      'a system message',
      {
        messages: [
          { role: 'system', content: 'You are an assistant named Theo.' },
          user('Introduce yourself.'),
        ],
      },
      { content: 'I am Theo.' },
    ],
    ['a call', { messages: [question], tools: [weather] }, { tool_calls: [call] }],
    [
      'its result',
      { messages: [question, { role: 'assistant', tool_calls: [call] }, result], tools: [weather] },
      { content: 'It is sunny in Berlin, 21 degrees.' },
    ],
    [
      'a format',
      { messages: [user('Make a JSON object with day: Monday.')], format: 'json' },
      { content: '{"day": "Monday"}' },
    ],
  ])('serves as the Jinja one does: %s', async (_, request, message) => {
    const [jinja, go] = await Promise.all(
      [model, 'gotalk'].map((name) => post(server, '/api/chat', { model: name, stream: false, ...request })),
    );
    expect(go?.json).toMatchObject({ message, done_reason: 'stop' });
    const withoutIds = (text: string) => JSON.parse(text.replace(/"call_[a-z0-9]{8}"/g, '""')).message;
    expect(withoutIds(go?.text ?? '')).toEqual(withoutIds(jinja?.text ?? ''));
  });
});

describe('the history', () => {
  const options = { num_ctx: 64, num_predict: 2 };
  const messages = [
    { role: 'system', content: 'Be kind.' },
    user(`first ${'and on '.repeat(20)}`),
    { role: 'assistant', content: 'second' },
    user('third'),
  ];

  it('loses its oldest turns when it does not fit, never those of the system or the last', async () => {
    const { json } = await post(server, '/api/chat', { model, messages, options, _debug_render_only: true });
    const { rendered_template: prompt } = json._debug_info;
    expect(prompt).toMatch(/Be kind\..*second.*third/s);
    expect(prompt).not.toContain('first');
  });

  it('says what it has lost', async () => {
    for (const stream of [true, false]) {
      const { headers, json } = await post(server, '/api/chat', { model, messages, options, stream });
      const { original_tokens: original, kept_tokens: kept } = json.prompt_truncated;
      expect(original).toBeGreaterThan(64);
      expect(kept).toBe(json.prompt_eval_count);
      expect(headers.get('x-cria-prompt-truncated')).toBe(`original=${original}, kept=${kept}`);
    }
  });
});
