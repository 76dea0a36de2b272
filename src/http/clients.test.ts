/** Real clients against the app with fakes behind it: the official `ollama` package, and cria's own client. */
import { Ollama } from 'ollama';
import { describe, expect, it, vi } from 'vitest';
import { CriaClient } from '../api/client.ts';
import { ApiError } from '../api/errors.ts';
import { CriaError } from '../errors.ts';
import type { AnswerEvent } from '../types/events.ts';
import { answer, content, done, start } from './testdata/harness.ts';

async function* endless(signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  while (!signal.aborted) {
    yield content('a');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new CriaError('cancelled', 'request canceled');
}

const notFound = (): never => {
  throw new CriaError('model_not_found', "model 'x' not found");
};

describe('the ollama package', () => {
  it('generates', async () => {
    const { url, calls } = await start({
      generate: () => answer(content('Once'), content(' upon'), { ...done, context: [1, 2] } as AnswerEvent),
    });
    const ollama = new Ollama({ host: url });
    const whole = await ollama.generate({ model: 'stories', prompt: 'p', images: [new Uint8Array([1, 2])] });
    expect(whole).toMatchObject({
      model: 'stories',
      response: 'Once upon',
      done: true,
      done_reason: 'stop',
      context: [1, 2],
      eval_count: 3,
    });
    expect([...(calls.generate[0]?.images[0] ?? [])]).toEqual([1, 2]);
    const texts: string[] = [];
    for await (const part of await ollama.generate({ model: 'stories', prompt: 'p', stream: true }))
      texts.push(part.response ?? '');
    expect(texts).toEqual(['Once', ' upon', '']);
  });

  it('chats, with tools and thinking', async () => {
    const call = { id: 'call_1', index: 0, name: 'f', arguments: { a: 1 } };
    const { url, calls } = await start({
      chat: () => answer({ type: 'thinking', text: 'hm' }, { type: 'toolCall', call }, done),
    });
    const ollama = new Ollama({ host: url });
    const tool = {
      type: 'function',
      function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'number' } } } },
    };
    const reply = await ollama.chat({
      model: 'stories',
      messages: [{ role: 'user', content: 'hi' }],
      tools: [tool],
      think: true,
      keep_alive: '5m',
      format: 'json',
      options: { temperature: 0 },
    });
    expect(reply.message).toEqual({
      role: 'assistant',
      content: '',
      thinking: 'hm',
      tool_calls: [{ id: 'call_1', function: { index: 0, name: 'f', arguments: { a: 1 } } }],
    });
    expect(calls.chat[0]).toMatchObject({
      tools: [tool],
      think: true,
      keepAliveMs: 300_000,
      format: 'json',
      options: { temperature: 0 },
    });
    const parts = await ollama.chat({ model: 'stories', messages: [], stream: true });
    const seen: boolean[] = [];
    for await (const part of parts) seen.push(part.done);
    expect(seen).toEqual([false, false, true]);
  });

  it('aborts', async () => {
    const { url, calls } = await start({
      generate: (_request, signal) => ({ type: 'stream', events: endless(signal) }),
    });
    const ollama = new Ollama({ host: url });
    const read = async (): Promise<void> => {
      let n = 0;
      for await (const _ of await ollama.generate({ model: 'm', prompt: 'p', stream: true }))
        if (++n === 3) ollama.abort();
    };
    await expect(read()).rejects.toThrow(/abort/i);
    await vi.waitFor(() => expect(calls.signals[0]?.aborted).toBe(true));
  });

  it('manages models', async () => {
    const { url, calls } = await start();
    const ollama = new Ollama({ host: url });
    expect((await ollama.list()).models[0]).toMatchObject({ name: 'stories:latest', size: 1_000_000 });
    expect((await ollama.ps()).models[0]).toMatchObject({ name: 'stories:latest', size_vram: 0 });
    expect(await ollama.show({ model: 'stories' })).toMatchObject({ capabilities: ['completion'] });
    expect(await ollama.create({ model: 'new', from: 'stories', system: 's' })).toEqual({
      status: 'success',
    });
    const statuses: string[] = [];
    for await (const line of await ollama.create({ model: 'new', from: 'stories', stream: true }))
      statuses.push(line.status);
    expect(statuses).toEqual(['parsing GGUF', 'success']);
    await ollama.copy({ source: 'a', destination: 'b' });
    await ollama.delete({ model: 'b' });
    expect(calls.create[0]).toMatchObject({ model: 'new', from: 'stories', system: 's' });
    expect(calls.other).toEqual([
      ['show', { model: 'stories', system: '', verbose: false, options: {} }],
      ['copy', 'a', 'b'],
      ['remove', 'b'],
    ]);
  });

  it('is told of errors', async () => {
    const late = new CriaError('runner_died', 'the runner died');
    const { url } = await start({
      generate: ({ model }) => (model === 'x' ? notFound() : answer(content('a'), late)),
    });
    const ollama = new Ollama({ host: url });
    const missing = { name: 'ResponseError', message: "model 'x' not found", status_code: 404 };
    await expect(ollama.generate({ model: 'x', prompt: 'p' })).rejects.toMatchObject(missing);
    await expect(ollama.generate({ model: 'x', prompt: 'p', stream: true })).rejects.toMatchObject(missing);
    const read = async (): Promise<void> => {
      for await (const _ of await ollama.generate({ model: 'm', prompt: 'p', stream: true }));
    };
    await expect(read()).rejects.toThrow('the runner died');
  });
});

describe('cria’s client', () => {
  it('uses every endpoint', async () => {
    const { url, calls } = await start();
    const client = new CriaClient(url);
    await client.heartbeat();
    expect(await client.version()).toEqual({ version: '0.33.0', criaVersion: '0.1.0' });
    expect((await client.list()).models).toHaveLength(1);
    expect((await client.ps()).models).toHaveLength(1);
    expect((await client.show({ model: 'm' })).details.family).toBe('llama');
    await client.load('m', { keepAlive: -1 });
    await client.unload('m');
    await client.copy('a', 'b');
    await client.delete('b');
    const digest = `sha256:${'0'.repeat(64)}`;
    expect(await client.hasBlob(digest)).toBe(true);
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('some bytes');
    }
    await client.putBlob(digest, body());
    const statuses: string[] = [];
    for await (const line of client.create({ model: 'm', from: 'n' })) statuses.push(line.status);
    expect(statuses).toEqual(['parsing GGUF', 'success']);
    expect(calls.generate.map(({ keepAliveMs }) => keepAliveMs)).toEqual([Number.POSITIVE_INFINITY, 0]);
    expect(calls.other.at(-1)).toEqual(['putBlob', digest, 10]);
  });

  it('streams and cancels', async () => {
    const { url, calls } = await start({
      chat: (_request, signal) => ({ type: 'stream', events: endless(signal) }),
    });
    const client = new CriaClient(url);
    for await (const chunk of client.chat({ model: 'm', messages: [] })) {
      expect(chunk.message).toEqual({ role: 'assistant', content: 'a' });
      break;
    }
    await vi.waitFor(() => expect(calls.signals[0]?.aborted).toBe(true));
  });

  it('is told of errors', async () => {
    const pull = (): never => {
      throw new CriaError('invalid_model_name', 'invalid model name');
    };
    const { url } = await start({ library: { show: async () => notFound(), pull } });
    const client = new CriaClient(url);
    const error = await client.show({ model: 'x' }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ message: "model 'x' not found", status: 404, isNotFound: true });
    await expect(client.pull({ model: '!' }).next()).rejects.toMatchObject({
      status: 400,
      message: 'invalid model name',
    });
  });
});
