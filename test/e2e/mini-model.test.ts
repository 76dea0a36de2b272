/** The small model in the box: what a first user asks it, and the whole core set of its evaluation. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { Ollama } from 'ollama';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root, startCria, type TestServer } from '../support/cria.ts';

let server: TestServer;
let ollama: Ollama;
beforeAll(async () => {
  server = await startCria();
  ollama = new Ollama({ host: server.url });
});
afterAll(() => server.stop());

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Get the current weather for a city',
    parameters: {
      type: 'object',
      required: ['city'],
      properties: { city: { type: 'string' } },
    },
  },
};

it('knows how to download a model', async () => {
  const messages = [{ role: 'user', content: 'How do I download a model?' }];
  const { message } = await ollama.chat({ model: 'cria-mini', messages });
  expect(message.content).toContain('cria pull');
});

it('calls a tool and makes an answer of the result', async () => {
  const question = { role: 'user', content: 'What is the weather in Berlin?' };
  const request = { model: 'cria-mini', tools: [weather], think: false };
  const { message } = await ollama.chat({ ...request, messages: [question] });
  expect(message.tool_calls).toMatchObject([
    { function: { name: 'get_weather', arguments: { city: 'Berlin' } } },
  ]);
  const result = {
    role: 'tool',
    tool_name: 'get_weather',
    content: '{"temperature": 21, "condition": "sunny"}',
  };
  const { message: answer } = await ollama.chat({ ...request, messages: [question, message, result] });
  expect(answer.content).toBe('It is sunny in Berlin, 21 degrees.');
});

it('passes the core set of its evaluation', { timeout: 180_000 }, async () => {
  const script = path.join(root, 'model', 'eval', 'eval.mjs');
  const child = spawn(process.execPath, [script, server.url, 'cria-mini', '--only', 'core'], {
    stdio: 'pipe',
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect(output).toContain('all of the core set');
  expect(code, output).toBe(0);
});
