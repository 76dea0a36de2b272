/** Models through the official `ollama` package: what is there, what it is, copies and new ones. */
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
