/** POST /api/generate with the real server, a real runner and small models, through the official `ollama` package and plain HTTP. */
import { Ollama } from 'ollama';
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
    system: 'Be kind.',
    messages: [
      { role: 'user', content: 'What is the opposite of big?' },
      { role: 'assistant', content: 'The opposite of big is small.' },
    ],
  });
  await createModel(server, {
    model: 'filler',
    from: 'cria-mini',
    template: '{{ if .Suffix }}<S>{{ .Suffix }}<P>{{ end }}{{ .Prompt }}',
  });
});
afterAll(() => server.stop());

const model = 'cria-mini';
/** Tokens that end a turn: without them an answer ends by its length only. */
const endless = { 500: false, 502: false };

describe('the answer', () => {
  it('comes whole and in pieces, thought first', async () => {
    const request = { model, prompt: 'hello' };
    const whole = await ollama.generate(request);
    expect(whole).toMatchObject({
      model,
      thinking: 'This is a greeting.',
      response: 'Hello! How can I help you?',
      done: true,
      done_reason: 'stop',
    });
    const chunks = await collect(await ollama.generate({ ...request, stream: true }));
    const thinking = chunks.map((chunk) => chunk.thinking ?? '');
    const response = chunks.map((chunk) => chunk.response ?? '');
    expect(thinking.join('')).toBe(whole.thinking);
    expect(response.join('')).toBe(whole.response);
    const nThoughts = thinking.filter((text) => text !== '').length;
    expect(nThoughts).toBeGreaterThan(2);
    expect(response.slice(0, nThoughts).join('')).toBe('');
    expect(chunks.map((chunk) => chunk.done)).toEqual([...chunks.slice(1).map(() => false), true]);
    expect(chunks.at(-1)).toMatchObject({ response: '', eval_count: whole.eval_count });
  });

  it('has the fields of Ollama in its order, and times that add up', async () => {
    const { headers, text, json } = await post(server, '/api/generate', {
      model: 'CRIA-mini:latest',
      prompt: 'hello',
      stream: false,
    });
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(text).not.toMatch(/\n$/);
    expect(Object.keys(json)).toEqual([
      'model',
      'created_at',
      'response',
      'thinking',
      'done',
      'done_reason',
      'context',
      'total_duration',
      'load_duration',
      'prompt_eval_count',
      'prompt_eval_duration',
      'eval_count',
      'eval_duration',
    ]);
    expect(json.model).toBe('CRIA-mini:latest');
    expect(json.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    const { load_duration, prompt_eval_duration, eval_duration, total_duration } = json;
    expect(load_duration + prompt_eval_duration + eval_duration).toBeLessThanOrEqual(total_duration);
    // The end token counts, and is not kept.
    expect(json.context).toHaveLength(json.prompt_eval_count + json.eval_count - 1);
  });

  it('is a line a chunk for whoever does not say otherwise', async () => {
    const { headers, text } = await post(server, '/api/generate', { model, prompt: 'hello', stream: null });
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    expect(headers.get('transfer-encoding')).toBe('chunked');
    const lines = text.split('\n');
    expect(lines.pop()).toBe('');
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ model, response: expect.any(String) });
  });

  it.each<[string, object, object]>([
    ['the end of the turn', {}, { done_reason: 'stop' }],
    ['a stop text', { stop: ['help'] }, { done_reason: 'stop', response: 'Hello! How can I ' }],
    ['num_predict', { num_predict: 3 }, { done_reason: 'length', eval_count: 3 }],
  ])('ends by %s', async (_, options, expected) => {
    const answer = await ollama.generate({ model, prompt: 'hello', think: false, options });
    expect(answer).toMatchObject({ ...expected, done: true });
  });

  it('is the same whatever the case of the keys, the type of the body and what follows it', async () => {
    const body = `{"MODEL":"${model}","Prompt":"hello","think":null,"stream":false,"unknown":{}} and more`;
    const response = await fetch(`${server.url}/api/generate`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body,
    });
    expect(await response.json()).toMatchObject({ response: 'Hello! How can I help you?' });
  });
});

describe('thinking', () => {
  it.each([undefined, true, 'low', 'medium', 'high', 'max'])('%s: thinks', async (think) => {
    const { json } = await post(server, '/api/generate', { model, prompt: 'hello', stream: false, think });
    expect(json).toMatchObject({ thinking: 'This is a greeting.', response: 'Hello! How can I help you?' });
  });

  it('false: does not', async () => {
    const answer = await ollama.generate({ model, prompt: 'hello', think: false });
    expect(answer.response).toBe('Hello! How can I help you?');
    expect(answer).not.toHaveProperty('thinking');
  });
});

describe('the prompt', () => {
  const turn = (role: string, text: string): string => `<|im_start|>${role}\n${text}<|im_end|>\n`;
  const answering = '<|im_start|>assistant\n';
  const stored =
    turn('user', 'What is the opposite of big?') + turn('assistant', 'The opposite of big is small.');
  const asked = turn('user', 'hi') + answering;

  it.each<[string, object, string]>([
    ['the text as a turn of the user', {}, asked],
    ['the system text of the request', { system: 'S' }, turn('system', 'S') + asked],
    ['system text and turns of the model', { model: 'staged' }, turn('system', 'Be kind.') + stored + asked],
    [
      'another system text than that of the model',
      { model: 'staged', system: 'S' },
      turn('system', 'S') + stored + asked,
    ],
    [
      'no turns of the model after an empty context',
      { model: 'staged', context: [] },
      turn('system', 'Be kind.') + asked,
    ],
    ['the context before everything', { context: [501, 267, 10] }, `<|im_start|>user\n${asked}`],
    ['an empty thought when it is not to think', { think: false }, `${asked}<think>\n\n</think>\n\n`],
    ['the text as it is', { raw: true, context: [] }, 'hi'],
    [
      'prompt and suffix alone',
      { suffix: 'lo', system: 'S' },
      '<|fim_prefix|>hi<|fim_suffix|>lo<|fim_middle|>',
    ],
    [
      'prompt and suffix as the template of the model has them',
      { model: 'filler', suffix: 'lo' },
      '<S>lo<P>hi',
    ],
    ['the other branch of it without a suffix', { model: 'filler' }, 'hi'],
    [
      'a template of the request',
      { model: 'staged', template: '{{ .System }}/{{ .Prompt }}/{{ .Response }}' },
      'Be kind./What is the opposite of big?/The opposite of big is small./hi/',
    ],
  ])('is %s', async (_, request, rendered) => {
    const body = { model, prompt: 'hi', _debug_render_only: true, ...request };
    const { headers, json } = await post(server, '/api/generate', body);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(json).toEqual({
      model: body.model,
      created_at: expect.any(String),
      response: '',
      done: false,
      _debug_info: { rendered_template: rendered },
    });
  });

  it('has the gap between prompt and suffix filled', async () => {
    const prompt = 'function multiply(d, q) {\n  ';
    const { response } = await ollama.generate({ model, prompt, suffix: '\n}\n' });
    expect(response).toBe('return d * q;');
  });

  it('goes on from the context of the answer before', async () => {
    const ask = (prompt: string, context?: number[]) =>
      ollama.generate({ model, prompt, think: false, ...(context === undefined ? {} : { context }) });
    const first = await ask('What is the opposite of big?');
    const second = await ask('What did you say?', first.context);
    expect(second.response).toBe('The opposite of big is small.');
    expect(second.prompt_eval_count).toBeGreaterThan(first.context.length);
    expect(second.context.slice(0, first.context.length)).toEqual(first.context);
  });

  it('has nothing of a stop text in the context', async () => {
    const { context } = await ollama.generate({
      model,
      prompt: 'hello',
      think: false,
      options: { stop: ['help'] },
    });
    const body = { model, prompt: 'hi', context, _debug_render_only: true };
    const { json } = await post(server, '/api/generate', body);
    expect(json._debug_info.rendered_template).toContain(`Hello! How can I ${turn('user', 'hi')}`);
  });

  it('is taken as it is with raw, and no context is given back', async () => {
    const turns = `${turn('user', 'hello')}${answering}<think>\n\n</think>\n\n`;
    const answer = await ollama.generate({ model, prompt: turns, raw: true });
    expect(answer.response).toBe('Hello! How can I help you?');
    expect(answer).not.toHaveProperty('context');
  });
});

describe('the context', () => {
  const long = 'the dog ran over the hill and '.repeat(20);
  const options = { num_ctx: 64, num_predict: 2 };

  it('is what a prompt is cut to, and the answer says so', async () => {
    for (const stream of [true, false]) {
      const { headers, json } = await post(server, '/api/generate', { model, prompt: long, stream, options });
      const { original_tokens: original, kept_tokens: kept } = json.prompt_truncated;
      expect(original).toBeGreaterThan(64);
      expect(kept).toBe(json.prompt_eval_count);
      expect(kept).toBeLessThan(64);
      expect(headers.get('x-cria-prompt-truncated')).toBe(`original=${original}, kept=${kept}`);
    }
    const short = await post(server, '/api/generate', { model, prompt: 'hi', stream: false, options });
    expect(short.headers.has('x-cria-prompt-truncated')).toBe(false);
    expect(short.json).not.toHaveProperty('prompt_truncated');
  });

  it.each([
    [true, 100],
    [undefined, 100],
    // The last token needs no place of its own.
    [false, 64 - 14 + 1],
  ])('moves along with the answer when shift is %s', async (shift, length) => {
    const body = {
      model,
      prompt: 'hello',
      think: false,
      stream: false,
      shift,
      options: { num_ctx: 64, num_predict: 100, logit_bias: endless },
    };
    const { json } = await post(server, '/api/generate', body);
    expect(json).toMatchObject({ done_reason: 'length', prompt_eval_count: 14, eval_count: length });
  });
});

describe('logprobs', () => {
  it('come with every token, whether or not it is shown', async () => {
    const request = { model, prompt: 'hello', logprobs: true, options: { num_predict: 4 } };
    const { logprobs, thinking } = await ollama.generate(request);
    expect(logprobs?.map(({ token }) => token)).toEqual(['<think>', '\n', 'T', 'h']);
    expect(thinking).toBe('Th');
    for (const item of logprobs ?? []) {
      expect(item.logprob).toBeLessThanOrEqual(0);
      expect(item).toMatchObject({ bytes: [...Buffer.from(item.token)] });
      expect(item).not.toHaveProperty('top_logprobs');
    }
    const chunks = await collect(await ollama.generate({ ...request, stream: true }));
    expect(chunks.map((chunk) => chunk.logprobs?.length)).toEqual([1, 1, 1, 1, undefined]);
    expect(chunks.flatMap((chunk) => chunk.logprobs ?? [])).toEqual(logprobs);
  });

  it('have the candidates, the best first', async () => {
    const request = { model, prompt: 'hello', logprobs: true, top_logprobs: 3, options: { num_predict: 2 } };
    const { logprobs = [] } = await ollama.generate(request);
    expect(logprobs).toHaveLength(2);
    for (const { token, logprob, top_logprobs: top = [] } of logprobs) {
      expect(top).toHaveLength(3);
      expect(top[0]).toMatchObject({ token, logprob });
      const values = top.map((candidate) => candidate.logprob);
      expect(values).toEqual([...values].sort((a, b) => b - a));
    }
  });

  it('are not given to whoever does not ask', async () => {
    const request = { model, prompt: 'hello', top_logprobs: 3, options: { num_predict: 2 } };
    expect(await ollama.generate(request)).not.toHaveProperty('logprobs');
  });
});
