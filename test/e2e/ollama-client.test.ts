/** The official `ollama` package against the real server, a real runner and the small model of the repository. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Ollama, type ShowResponse } from 'ollama';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { miniModelPath, startCria, type TestServer } from '../support/cria.ts';

let server: TestServer;
let ollama: Ollama;

beforeAll(async () => {
  server = await startCria();
  ollama = new Ollama({ host: server.url });
});
afterAll(() => server.stop());

const greedy = { temperature: 0, num_predict: 48 };

describe('models', () => {
  it('finds the bundled model in an empty store', async () => {
    const { models } = await ollama.list();
    expect(models).toHaveLength(1);
    expect(models[0]).toMatchObject({
      name: 'cria-mini:latest',
      model: 'cria-mini:latest',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      details: { format: 'gguf', family: 'qwen3', quantization_level: 'Q8_0' },
    });
  });

  it('shows what a model is and can do', async () => {
    const shown: ShowResponse = await ollama.show({ model: 'cria-mini' });
    expect(shown.capabilities).toEqual(expect.arrayContaining(['completion', 'tools', 'thinking']));
    expect(shown.model_info).toMatchObject({ 'general.architecture': 'qwen3' });
    expect(shown.template).toContain('<|im_start|>');
  });

  it('creates from a model, copies, deletes', async () => {
    const created = await ollama.create({
      model: 'pirate',
      from: 'cria-mini',
      system: 'You are a pirate.',
      parameters: { temperature: 0, stop: ['zzz'] },
      stream: false,
    });
    expect(created.status).toBe('success');
    const shown = await ollama.show({ model: 'pirate' });
    expect(shown.system).toBe('You are a pirate.');
    expect(shown.parameters).toMatch(/^stop\s+"zzz"$/m);
    await ollama.copy({ source: 'pirate', destination: 'captain:v2' });
    expect((await ollama.list()).models.map((m) => m.name).sort()).toEqual([
      'captain:v2',
      'cria-mini:latest',
      'pirate:latest',
    ]);
    await ollama.delete({ model: 'captain:v2' });
    await ollama.delete({ model: 'pirate' });
    await expect(ollama.show({ model: 'pirate' })).rejects.toThrow("model 'pirate:latest' not found");
  });

  it('creates from an uploaded file', async () => {
    const file = readFileSync(miniModelPath);
    const digest = `sha256:${createHash('sha256').update(file).digest('hex')}`;
    const upload = await fetch(`${server.url}/api/blobs/${digest}`, { method: 'POST', body: file });
    expect(upload.status).toBe(200); // the bundled model has brought it
    const response = await fetch(`${server.url}/api/create`, {
      method: 'POST',
      body: JSON.stringify({ model: 'uploaded', files: { 'model.gguf': digest } }),
    });
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).status);
    expect(lines).toEqual(['parsing GGUF', `using existing layer ${digest}`, 'writing manifest', 'success']);
    await ollama.delete({ model: 'uploaded' });
  });
});

describe('generation', () => {
  it('generates whole and in pieces, the same', async () => {
    const request = { model: 'cria-mini', prompt: 'hello', options: greedy, think: false };
    const whole = await ollama.generate({ ...request, stream: false });
    expect(whole.response?.length).toBeGreaterThan(0);
    expect(whole).toMatchObject({ done: true, done_reason: 'stop', model: 'cria-mini' });
    expect(whole.prompt_eval_count).toBeGreaterThan(0);
    expect(whole.eval_duration).toBeGreaterThan(0);
    let pieces = '';
    let nChunks = 0;
    for await (const chunk of await ollama.generate({ ...request, stream: true })) {
      pieces += chunk.response;
      nChunks++;
    }
    expect(pieces).toBe(whole.response);
    expect(nChunks).toBeGreaterThan(2);
  });

  it('continues a conversation from its context', async () => {
    const first = await ollama.generate({
      model: 'cria-mini',
      prompt: 'hello',
      options: greedy,
      think: false,
    });
    expect(first.context.length).toBe(first.prompt_eval_count + first.eval_count - 1); // the end token is not kept
    const second = await ollama.generate({
      model: 'cria-mini',
      prompt: 'thanks',
      context: first.context,
      options: greedy,
      think: false,
    });
    expect(second.prompt_eval_count).toBeGreaterThan(first.context.length);
  });

  it('answers eight requests together as it answers them one by one', async () => {
    const prompts = [
      'hello',
      'hi',
      'Tell me a story.',
      'What is cria?',
      'How do I list models?',
      '2 + 2',
      'bye',
      'ok',
    ];
    const ask = async (content: string): Promise<string> =>
      (
        await ollama.chat({
          model: 'cria-mini',
          messages: [{ role: 'user', content }],
          options: greedy,
          think: false,
        })
      ).message.content;
    const serial: string[] = [];
    for (const prompt of prompts) serial.push(await ask(prompt));
    expect(await Promise.all(prompts.map(ask))).toEqual(serial);
  });

  it('keeps the time that a model stays, and unloads', async () => {
    await ollama.generate({ model: 'cria-mini', prompt: '', keep_alive: '10m' });
    const { models } = await ollama.ps();
    expect(models).toMatchObject([{ name: 'cria-mini:latest', size_vram: expect.any(Number) }]);
    const minutes = (Date.parse(String(models[0]?.expires_at)) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(9);
    expect(minutes).toBeLessThan(10.1);
    const unloaded = await ollama.generate({ model: 'cria-mini', prompt: '', keep_alive: 0 });
    expect(unloaded).toMatchObject({ done: true, done_reason: 'unload' });
    await expect.poll(async () => (await ollama.ps()).models, { timeout: 5_000 }).toEqual([]);
  });

  it('frees the slot when the client aborts', async () => {
    const client = new Ollama({ host: server.url });
    const stream = await client.generate({
      model: 'cria-mini',
      prompt: 'Once',
      raw: true,
      stream: true,
      // Ids of the tokens that end a turn.
      options: { temperature: 1, num_predict: 100_000, logit_bias: { 500: false, 502: false } } as object,
    });
    let nChunks = 0;
    await expect(async () => {
      for await (const _ of stream) if (++nChunks === 5) client.abort();
    }).rejects.toThrow();
    // The next request would wait for a slot behind an endless answer if it were still running.
    const next = await ollama.generate({
      model: 'cria-mini',
      prompt: 'hello',
      options: greedy,
      think: false,
    });
    expect(next.done).toBe(true);
  });
});
