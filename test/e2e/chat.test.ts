/** POST /api/chat with the real server, a real runner and small models, through the official `ollama` package and plain HTTP. */
import { type Message, Ollama } from 'ollama';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, createModel, post, startCria, type TestServer } from '../support/cria.ts';

let server: TestServer;
let ollama: Ollama;

beforeAll(async () => {
  server = await startCria();
  ollama = new Ollama({ host: server.url });
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

function user(content: string): Message {
  return { role: 'user', content };
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
    const chunks = await collect(await ollama.chat({ ...request, stream: true }));
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
    const chunks = await collect(
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

  it('leaves room for an answer, however long its turns are', async () => {
    // One of them would fill the context to the last token.
    for (let length = 20; length < 36; length++) {
      const long = [...messages, user('x '.repeat(length).slice(0, length))];
      const request = { model, messages: long, options, shift: false, stream: false };
      const { status, json } = await post(server, '/api/chat', request);
      expect(json.error).toBeUndefined();
      expect(status).toBe(200);
    }
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
