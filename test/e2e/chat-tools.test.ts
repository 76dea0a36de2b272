/** Tools through POST /api/chat: calls, results, and a Go template that writes them as a Jinja template does. */
import { type Message, Ollama, type Tool } from 'ollama';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, createModel, post, startCria, type TestServer } from '../support/cria.ts';

let server: TestServer;
let ollama: Ollama;

beforeAll(async () => {
  server = await startCria();
  ollama = new Ollama({ host: server.url });
  await createModel(server, { model: 'gotalk', from: 'cria-mini', template: goTemplate });
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

const declare = (name: string, description: string, properties: Record<string, { type: string }>): Tool => ({
  type: 'function',
  function: {
    name,
    description,
    parameters: { type: 'object', required: Object.keys(properties), properties },
  },
});
const weather = declare('get_weather', 'Get the current weather for a city', { city: { type: 'string' } });
const add = declare('add_numbers', 'Add two numbers', { a: { type: 'integer' }, b: { type: 'integer' } });

describe('tools', () => {
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
    const chunks = await collect(await ollama.chat(request));
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
