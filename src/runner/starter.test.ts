/** Runners against real child processes that speak the protocol but have no engine. */
import { setMaxListeners } from 'node:events';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isCriaError } from '../errors.ts';
import { silentLogger } from '../log.ts';
import type { EmbedWork, GenerateWork, LoadSpec } from '../protocol/messages.ts';
import type { TokenEvent } from '../types/events.ts';
import { createRunnerStarter } from './starter.ts';
import type { Runner } from './types.ts';

const entryPath = path.join(import.meta.dirname, 'testdata/fake-engine.mjs');
const spec: LoadSpec = {
  modelPath: '/models/test.gguf',
  adapterPaths: [],
  nCtx: 64,
  nSlots: 2,
  nBatch: 16,
  nUbatch: 16,
  nThreads: 1,
  nGpuLayers: 0,
  mainGpu: undefined,
  useMmap: false,
  flashAttention: -1,
  kvCacheType: 'f16',
  libraryDir: undefined,
  embedding: false,
};
const never = new AbortController().signal;
setMaxListeners(0, never);

/** The fake looks at the prompt only. */
function work(prompt: string): GenerateWork {
  return { prompt } as GenerateWork;
}

function embedWork(...texts: string[]): EmbedWork {
  return { inputs: texts.map((text) => ({ type: 'text', text, addSpecial: true })), truncate: true };
}

const started: Runner[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((runner) => runner.unload()));
});

interface StartOptions {
  readonly mode?: string;
  readonly loadTimeoutMs?: number;
  readonly graceMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

async function start(options: StartOptions = {}): Promise<Runner> {
  const startRunner = createRunnerStarter({
    entryPath,
    log: silentLogger,
    graceMs: options.graceMs ?? 5000,
    loadTimeoutMs: options.loadTimeoutMs ?? 0,
    env: { FAKE_MODE: options.mode ?? 'normal' },
  });
  const { signal = never, onProgress } = options;
  const runner = await startRunner(spec, onProgress === undefined ? { signal } : { signal, onProgress });
  started.push(runner);
  return runner;
}

async function collect(events: AsyncIterable<TokenEvent>): Promise<TokenEvent[]> {
  const all: TokenEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

function textOf(events: readonly TokenEvent[]): string {
  return events.map((event) => (event.type === 'tokens' ? event.text : '')).join('');
}

async function errorOf(promise: Promise<unknown>): Promise<{ code: string; message: string; data: unknown }> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  if (!isCriaError(error)) throw new Error(`expected a CriaError, got ${String(error)}`);
  return { code: error.code, message: error.message, data: error.data };
}

describe('loading', () => {
  it('reports progress and what was loaded, and hands on nothing of its own environment', async () => {
    const progress: number[] = [];
    const runner = await start({ onProgress: (fraction) => progress.push(fraction) });
    expect(progress).toEqual([0, 0.5, 1]);
    expect(runner.info).toMatchObject({ nCtx: 64, nSlots: 2, device: 'CPU' });
    expect(runner.info.pid).toBeGreaterThan(0);
    expect(runner.isAlive).toBe(true);
    const { env, argv } = (await runner.stats({ signal: never })) as unknown as {
      env: string[];
      argv: string[];
    };
    expect(env.filter((name) => !name.startsWith('NODE_CHANNEL') && !name.startsWith('__'))).toEqual([
      'FAKE_MODE',
    ]);
    expect(argv).toEqual([]);
  });

  it.each([
    ['load fails', 'cannot load /models/test.gguf'],
    [
      'dies loading',
      'llama runner process has terminated: exit status 3: llama_model_load: error loading model: missing tensor',
    ],
    ['wrong version', 'the runner speaks protocol version 99, the server version 1'],
    [
      'garbage',
      'llama runner process has terminated: signal: killed: error: the runner sent a message that the server does not understand',
    ],
  ])('tells why a runner of mode "%s" cannot be used', async (mode, message) => {
    expect(await errorOf(start({ mode }))).toMatchObject({ code: 'load_failed', message });
  });

  it('tells when the entry file does not exist', async () => {
    const startRunner = createRunnerStarter({
      entryPath: '/does/not/exist.mjs',
      log: silentLogger,
      graceMs: 1,
      loadTimeoutMs: 0,
      env: {},
    });
    const error = await errorOf(startRunner(spec, { signal: never }));
    expect(error.code).toBe('load_failed');
    expect(error.message).toMatch(
      /^llama runner process has terminated: exit status 1: Error: Cannot find module/,
    );
  });

  it('gives up on a runner that never gets ready', async () => {
    expect(await errorOf(start({ mode: 'never ready', loadTimeoutMs: 1 }))).toMatchObject({
      code: 'load_failed',
      message: 'timed out waiting for llama runner to start',
    });
  });

  it('can be cancelled, before and during', async () => {
    expect((await errorOf(start({ signal: AbortSignal.abort() }))).code).toBe('cancelled');
    const abort = new AbortController();
    const loading = errorOf(start({ mode: 'never ready', signal: abort.signal }));
    abort.abort();
    expect((await loading).code).toBe('cancelled');
  });
});

describe('requests', () => {
  it('runs several generations at once, each with its own events', async () => {
    const runner = await start();
    const answers = await Promise.all(
      ['3', '1', '2'].map((prompt) => collect(runner.generate(work(prompt), { signal: never }))),
    );
    expect(answers.map(textOf)).toEqual(['1.0 1.1 1.2 ', '2.0 ', '3.0 3.1 ']);
    expect(answers[0]?.at(-1)).toEqual({
      type: 'finish',
      reason: 'stop',
      stats: {
        promptTokens: 1,
        cachedTokens: 0,
        promptDurationNs: 1,
        generatedTokens: 3,
        generationDurationNs: 1,
      },
    });
  });

  it('tokenizes and detokenizes', async () => {
    const runner = await start();
    const request = { text: 'hi', addSpecial: false, parseSpecial: true };
    expect(await runner.tokenize(request, { signal: never })).toEqual([104, 105]);
    expect(await runner.detokenize([104, 105], { special: false, signal: never })).toBe('hi');
    expect(await errorOf(runner.detokenize([], { special: false, signal: never }))).toMatchObject({
      code: 'bad_request',
      message: 'no tokens',
    });
    expect(await runner.tokenizeWithPieces(request, { signal: never })).toEqual({
      tokens: [104, 105],
      pieces: [Buffer.from('h'), Buffer.from('i')],
    });
  });

  it('embeds: vectors cross the border as they are', async () => {
    const runner = await start();
    const result = await runner.embed(embedWork('0.5', '-2', '0.1'), { signal: never });
    expect(result).toMatchObject({ vectors: Float32Array.of(0.5, -2, 0.1), promptTokens: 3 });
    expect(await errorOf(runner.embed(embedWork('fail'), { signal: never }))).toMatchObject({
      code: 'context_exceeded',
    });
  });

  it('tells the engine that nobody waits for an embedding any more', async () => {
    const runner = await start();
    const controller = new AbortController();
    const waiting = errorOf(runner.embed(embedWork('silent'), { signal: controller.signal }));
    controller.abort();
    expect(await waiting).toMatchObject({ code: 'cancelled' });
    const { vectors } = await runner.embed(embedWork('cancelled'), { signal: never });
    expect(vectors).toEqual(Float32Array.of(1));
  });

  it.each([
    ['fail', 'context_exceeded', 'too long'],
    ['refuse', 'bad_request', 'no'],
  ])('throws what the engine says (%s)', async (prompt, code, message) => {
    const runner = await start();
    expect(await errorOf(collect(runner.generate(work(prompt), { signal: never })))).toMatchObject({
      code,
      message,
    });
    expect(runner.isAlive).toBe(true);
  });

  it('joins the text of a flood for a slow consumer, and holds up nobody else', async () => {
    const runner = await start();
    const events = runner.generate(work('flood'), { signal: never })[Symbol.asyncIterator]();
    const first = await events.next();
    // Messages keep their order: when this answer is here, the flood has passed.
    await runner.tokenize({ text: 'x', addSpecial: false, parseSpecial: false }, { signal: never });
    const rest: TokenEvent[] = [];
    for (let item = await events.next(); !item.done; item = await events.next()) rest.push(item.value);
    expect(first.value).toEqual({ type: 'tokens', text: '0' });
    expect(rest.length).toBeLessThan(70);
    expect(`0${textOf(rest)}`).toBe('0123456789'.repeat(100));
    expect(rest.at(-1)?.type).toBe('finish');
  });
});

describe('cancelling', () => {
  const cancelledIds = async (runner: Runner): Promise<string> =>
    textOf(await collect(runner.generate(work('cancelled'), { signal: never })));

  it('does not send what was cancelled before it began', async () => {
    const runner = await start();
    const error = await errorOf(collect(runner.generate(work('1'), { signal: AbortSignal.abort() })));
    expect(error.code).toBe('cancelled');
    expect(await cancelledIds(runner)).toBe('');
    expect(
      (
        await errorOf(
          runner.tokenize(
            { text: 'a', addSpecial: false, parseSpecial: false },
            { signal: AbortSignal.abort() },
          ),
        )
      ).code,
    ).toBe('cancelled');
  });

  it('tells the engine when the signal fires, and leaves no listener behind', async () => {
    const runner = await start();
    const abort = new AbortController();
    const remove = vi.spyOn(abort.signal, 'removeEventListener');
    const add = vi.spyOn(abort.signal, 'addEventListener');
    const events = runner.generate(work('hang'), { signal: abort.signal })[Symbol.asyncIterator]();
    expect((await events.next()).value).toEqual({ type: 'tokens', text: 'a' });
    const waiting = errorOf(events.next());
    abort.abort();
    expect((await waiting).code).toBe('cancelled');
    expect((await events.next()).done).toBe(true);
    expect(await cancelledIds(runner)).toBe('1');
    await collect(runner.generate(work('2'), { signal: abort.signal })).catch(() => {});
    expect(remove.mock.calls.length).toBe(add.mock.calls.length);
  });

  it('tells the engine when the consumer leaves', async () => {
    const runner = await start();
    for await (const event of runner.generate(work('hang'), { signal: never })) {
      expect(event.type).toBe('tokens');
      break;
    }
    expect(await cancelledIds(runner)).toBe('1');
  });

  it('sends nothing for a generation that was never begun or is complete', async () => {
    const runner = await start();
    await runner.generate(work('1'), { signal: never })[Symbol.asyncIterator]().return?.();
    await collect(runner.generate(work('1'), { signal: never }));
    expect(await cancelledIds(runner)).toBe('');
  });

  it('stops waiting for an answer', async () => {
    const runner = await start();
    const abort = new AbortController();
    const request = { text: 'silent', addSpecial: false, parseSpecial: false };
    const waiting = errorOf(runner.tokenize(request, { signal: abort.signal }));
    abort.abort();
    expect((await waiting).code).toBe('cancelled');
  });
});

describe('death', () => {
  const death =
    'model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details';

  it('fails what is in flight, telling apart what had begun', async () => {
    const runner = await start();
    const silent = errorOf(collect(runner.generate(work('silent'), { signal: never })));
    const call = errorOf(
      runner.tokenize({ text: 'silent', addSpecial: false, parseSpecial: false }, { signal: never }),
    );
    const events = runner.generate(work('die'), { signal: never })[Symbol.asyncIterator]();
    expect((await events.next()).value).toEqual({ type: 'tokens', text: 'a' });
    const message = `${death}: GGML_ASSERT(n > 0) failed`;
    expect(await errorOf(events.next())).toEqual({
      code: 'runner_died',
      message,
      data: { beforeFirstToken: false },
    });
    expect(await silent).toEqual({ code: 'runner_died', message, data: { beforeFirstToken: true } });
    expect(await call).toEqual({ code: 'runner_died', message, data: { beforeFirstToken: true } });
    expect(runner.isAlive).toBe(false);
    expect(await runner.exited).toMatchObject({ expected: false, code: null, signal: 'SIGKILL' });
    expect((await errorOf(collect(runner.generate(work('1'), { signal: never })))).code).toBe('runner_died');
    expect((await errorOf(runner.stats({ signal: never }))).code).toBe('runner_died');
  });

  it.each([
    ['die at once', `${death}: ggml: out of memory`],
    ['garbage', `${death}: error: the runner sent a message that the server does not understand`],
    ['close channel', death],
  ])('comes before the first token (%s)', async (prompt, message) => {
    const runner = await start();
    expect(await errorOf(collect(runner.generate(work(prompt), { signal: never })))).toEqual({
      code: 'runner_died',
      message,
      data: { beforeFirstToken: true },
    });
    await runner.exited;
  });

  it('lets a request that meets the closing channel fail like the others', async () => {
    const runner = await start();
    process.kill(runner.info.pid, 'SIGKILL');
    const results = await Promise.all(
      Array.from({ length: 20 }, () => errorOf(collect(runner.generate(work('silent'), { signal: never })))),
    );
    expect(new Set(results.map(({ code }) => code))).toEqual(new Set(['runner_died']));
  });
});

describe('unloading', () => {
  it('ends the process as expected, once', async () => {
    const runner = await start();
    const silent = errorOf(collect(runner.generate(work('silent'), { signal: never })));
    // The generation begins with the first `next`, which `collect` has called; unloading overtakes its answer.
    await Promise.all([runner.unload(), runner.unload()]);
    expect(await runner.exited).toMatchObject({ expected: true, code: 0, signal: null });
    expect(await silent).toMatchObject({
      code: 'runner_died',
      message: 'the model was unloaded before its answer was complete',
    });
    expect(runner.isAlive).toBe(false);
    await runner.unload();
  });

  it('kills a process that does not obey', async () => {
    const runner = await start({ mode: 'stubborn', graceMs: 1 });
    await runner.unload();
    expect(await runner.exited).toMatchObject({ expected: true, code: null, signal: 'SIGKILL' });
  });

  it('may come after death', async () => {
    const runner = await start();
    process.kill(runner.info.pid, 'SIGKILL');
    await runner.exited;
    await runner.unload();
  });
});
