/** How long models stay loaded, and that nobody keeps a slot who has gone: the real server through the official `ollama` package. */
import { Ollama } from 'ollama';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post, startCria, type TestServer } from '../support/cria.ts';

let server: TestServer;
let ollama: Ollama;

beforeAll(async () => {
  server = await startCria();
  ollama = new Ollama({ host: server.url });
});
afterAll(() => server.stop());

const model = 'cria-mini';
/** Tokens that end a turn: without them an answer ends by its length only. */
const endless = { 500: false, 502: false };

describe('keep_alive', () => {
  /** Seconds that the model has left; undefined = it is not loaded. */
  async function secondsLeft(): Promise<number | undefined> {
    const { models } = await ollama.ps();
    const [loaded] = models;
    return loaded === undefined ? undefined : (Date.parse(String(loaded.expires_at)) - Date.now()) / 1000;
  }
  const minute = 60;
  const forever = 100 * 365 * 24 * 60 * minute;

  // In this order: what a request leaves out stays as it was.
  it.each<[unknown, number, number]>([
    [undefined, 4 * minute, 5 * minute],
    [42.5, 41, 42.5],
    [undefined, 41, 42.5],
    [null, 41, 42.5],
    ['1h30m', 89 * minute, 90 * minute],
    ['1.5h', 89 * minute, 90 * minute],
    ['10m', 9 * minute, 10 * minute],
    [-1, forever, Number.POSITIVE_INFINITY],
    ['-1m', forever, Number.POSITIVE_INFINITY],
    [undefined, forever, Number.POSITIVE_INFINITY],
    [7, 5, 7],
  ])('%s: between %d and %d seconds', async (keep_alive, least, most) => {
    const { headers, json } = await post(server, '/api/generate', { model, prompt: '', keep_alive });
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(json).toEqual({
      model,
      created_at: expect.any(String),
      response: '',
      done: true,
      done_reason: 'load',
    });
    const left = await secondsLeft();
    expect(left).toBeGreaterThan(least);
    expect(left).toBeLessThanOrEqual(most);
  });

  it.each([0, '0', '0s'])('%s: unloads, loaded or not', async (keep_alive) => {
    for (let i = 0; i < 2; i++) {
      const { json } = await post(server, '/api/generate', { model, prompt: '', keep_alive });
      expect(json).toMatchObject({ response: '', done: true, done_reason: 'unload' });
      await expect.poll(secondsLeft, { timeout: 5_000 }).toBeUndefined();
    }
    await ollama.generate({ model, prompt: '' });
  });

  it('0 with a prompt: answers, then unloads', async () => {
    const { response } = await ollama.generate({ model, prompt: 'hello', keep_alive: 0 });
    expect(response).toBe('Hello! How can I help you?');
    await expect.poll(secondsLeft, { timeout: 5_000 }).toBeUndefined();
  });

  it('0 while it answers: the answer is finished first', async () => {
    const stream = await ollama.generate({
      model,
      prompt: 'hello',
      stream: true,
      options: { num_predict: 60, logit_bias: endless } as object,
    });
    let last: { eval_count?: number } = {};
    let isUnloadAsked = false;
    for await (const chunk of stream) {
      if (!isUnloadAsked) await ollama.generate({ model, prompt: '', keep_alive: 0 });
      isUnloadAsked = true;
      last = chunk;
    }
    expect(last.eval_count).toBe(60);
    await expect.poll(secondsLeft, { timeout: 5_000 }).toBeUndefined();
  });
});

describe('many requests', () => {
  it('get the answers that they get one by one', async () => {
    const prompts = [
      'hello',
      'What do bees make?',
      'What is cria?',
      'How do I list models?',
      '2 + 2',
      'bye',
      'hi',
      'ok',
    ];
    const ask = async (prompt: string) => (await ollama.generate({ model, prompt })).response;
    const serial = [];
    for (const prompt of prompts) serial.push(await ask(prompt));
    expect(await Promise.all(prompts.map(ask))).toEqual(serial);
  });

  /** Unloading waits for whoever still generates. */
  async function expectIdle(): Promise<void> {
    await ollama.generate({ model, prompt: '', keep_alive: 0 });
    await expect.poll(async () => (await ollama.ps()).models, { timeout: 5_000 }).toEqual([]);
  }
  const tooLong = {
    model,
    prompt: 'hello',
    options: { num_predict: 100_000, logit_bias: endless } as object,
  };

  it('find the slot of one whose client has left a stream', async () => {
    const client = new Ollama({ host: server.url });
    const stream = await client.generate({ ...tooLong, stream: true });
    let nChunks = 0;
    await expect(async () => {
      for await (const _ of stream) if (++nChunks === 5) client.abort();
    }).rejects.toThrow('aborted');
    await expectIdle();
  });

  it('find the slot of one whose client waits for the whole answer no longer', async () => {
    const controller = new AbortController();
    const body = JSON.stringify({ ...tooLong, stream: false });
    const answer = fetch(`${server.url}/api/generate`, { method: 'POST', body, signal: controller.signal });
    // Later, and so behind it.
    await ollama.generate({ model, prompt: 'hello' });
    controller.abort();
    await expect(answer).rejects.toThrow('aborted');
    await expectIdle();
  });
});
