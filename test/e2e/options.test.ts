/** Every option of a request reaches the engine and does there what its name says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ollama } from 'ollama';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRandomModel } from '../../src/engine/testdata/random-model.ts';
import { addModel, createModel, startCria, type TestServer } from '../support/cria.ts';

let folder: string;
let server: TestServer;
let ollama: Ollama;
/** The answer of the likeliest tokens. */
let greedy: readonly number[];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'cria-e2e-options-'));
  server = await startCria({ OLLAMA_CONTEXT_LENGTH: '256' });
  ollama = new Ollama({ host: server.url });
  // Random weights: every next token is open, so that what a sampler does can be seen.
  const file = path.join(folder, 'random.gguf');
  await writeRandomModel(file);
  await addModel(server, 'random', file);
  greedy = await answer({ temperature: 0 });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

type OptionValues = Readonly<Record<string, unknown>>;

const prompt = 'the dog ran';
/** Unless a test says otherwise. Without the end token (2) answers end by their length only. */
const usual = { temperature: 1, seed: 1, num_predict: 16, logit_bias: { 2: false } };

async function generate(options: OptionValues, model = 'random') {
  // The package does not know the options that are cria's own.
  return ollama.generate({ model, prompt, options: { ...usual, ...options } as object });
}

/** Ids of the answer's tokens. */
async function answer(options: OptionValues): Promise<readonly number[]> {
  const { context, prompt_eval_count } = await generate(options);
  return context.slice(prompt_eval_count);
}

/** The likeliest tokens of the random model soon go round in a circle of one. */
function longestRun(tokens: readonly number[]): number {
  let longest = 0;
  let run = 0;
  for (const [i, token] of tokens.entries()) {
    run = token === tokens[i - 1] ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  return longest;
}

describe('sampling', () => {
  it('is reproducible with a seed, and only with that seed', async () => {
    const first = await answer({});
    expect(await answer({})).toEqual(first);
    expect(await answer({ seed: 2 })).not.toEqual(first);
    const random = await answer({ seed: -1 });
    expect(await answer({ seed: -1 })).not.toEqual(random);
  });

  it.each<OptionValues>([
    { temperature: 0 },
    { top_k: 1 },
    { top_p: 0.00001 },
    { min_p: 1 },
    { top_n_sigma: 0.001 },
    { mirostat: 1, mirostat_tau: 0 },
    { mirostat: 2, mirostat_tau: 0 },
  ])('takes the likeliest token with %j', async (options) => {
    expect(await answer({ seed: 5, ...options })).toEqual(greedy);
  });

  it.each<OptionValues>([
    // The most typical token is one of a middling probability.
    { typical_p: 0.000001 },
    // All but the last of the candidates above the threshold go.
    { top_k: 2, xtc_probability: 1, xtc_threshold: 0 },
  ])('takes one other token with %j', async (options) => {
    const tokens = await answer(options);
    expect(await answer({ ...options, seed: 2 })).toEqual(tokens);
    expect(tokens).not.toEqual(greedy);
  });

  it.each<OptionValues>([{ mirostat: 1 }, { mirostat: 2 }, { mirostat: 2, mirostat_eta: 1 }, { top_k: 5 }])(
    'draws other tokens with %j',
    async (options) => {
      expect(await answer(options)).not.toEqual(await answer({}));
    },
  );

  it.each<OptionValues>([
    { repeat_penalty: 1000 },
    { repeat_penalty: 1000, repeat_last_n: -1 },
    { presence_penalty: 1000 },
    { frequency_penalty: 1000 },
  ])('repeats no token with %j', async (options) => {
    const { context } = await generate({ temperature: 0, num_predict: 40, ...options });
    const tokens = context.slice(-40);
    expect(new Set(tokens).size).toBe(40);
  });

  it('looks back as far as repeat_last_n', async () => {
    const options = { temperature: 0, num_predict: 40, repeat_penalty: 1000 };
    expect(await answer({ ...options, repeat_last_n: 0, num_predict: 16 })).toEqual(greedy);
    const nDifferent = new Set(await answer({ ...options, repeat_last_n: 2 })).size;
    expect(nDifferent).toBeLessThan(40);
  });

  it.each<[OptionValues, number]>([
    [{}, 32],
    [{ dry_multiplier: 1000 }, 3],
    [{ dry_multiplier: 1000, dry_base: 1 }, 3],
    [{ dry_multiplier: 1000, dry_allowed_length: 8 }, 9],
    [{ dry_multiplier: 1000, dry_penalty_last_n: 0 }, 32],
    [{ dry_multiplier: 1000, dry_sequence_breakers: ['d'] }, 32],
  ])('with %j says a token %d times in a row', async (options, length) => {
    const { tokens } = await tokenize(' d');
    const wanted = tokens.at(-1) ?? 0;
    const biased = { temperature: 0, num_predict: 32, logit_bias: [[wanted, 100]], ...options };
    expect(longestRun(await answer(biased))).toBe(length);
  });

  it.each<[string, (token: number) => unknown]>([
    ['-100', (token) => ({ [token]: -100 })],
    ['false', (token) => [[token, false]]],
  ])('never takes a token that logit_bias gives %s', async (_, biasOf) => {
    const [first = 0] = greedy;
    expect(await answer({ temperature: 0, logit_bias: biasOf(first) })).not.toContain(first);
  });
});

async function tokenize(text: string): Promise<{ tokens: number[] }> {
  const response = await fetch(`${server.url}/api/tokenize`, {
    method: 'POST',
    body: JSON.stringify({ model: 'random', text }),
  });
  // What the endpoint is for.
  return (await response.json()) as { tokens: number[] };
}

describe('length', () => {
  it.each<[OptionValues, number]>([
    [{ num_predict: 3 }, 3],
    // Numbers with a fraction are cut, null is not set.
    [{ num_predict: 3.9 }, 3],
    [{ num_predict: 3, num_ctx: null }, 3],
    // No limit but ten times the context.
    [{ num_predict: -1, num_ctx: 16 }, 160],
    [{ num_predict: 0, num_ctx: 16 }, 160],
    [{ num_predict: 1_000_000, num_ctx: 16 }, 160],
  ])('with %j is %d tokens', async (options, length) => {
    expect(await generate(options)).toMatchObject({ eval_count: length, done_reason: 'length' });
  });

  it('ends at the first of the stop texts, which is not shown', async () => {
    const { response } = await generate({ temperature: 0 });
    const text = response ?? '';
    const [stop, later] = [text.slice(3, 5), text.slice(6)];
    const cut = await generate({ temperature: 0, stop: ['never', later, stop, ''] });
    expect(cut).toMatchObject({ response: text.slice(0, text.indexOf(stop)), done_reason: 'stop' });
  });

  it('of the start of a prompt that is cut is num_keep and the BOS token', async () => {
    const whole = await generate({ num_predict: 1 });
    const nKept: number[] = [];
    for (const num_keep of [0, 3, -1]) {
      const cut = await generate({ num_predict: 1, num_ctx: 12, num_keep });
      nKept.push(whole.context.findIndex((token, i) => token !== cut.context[i]));
    }
    // -1: as much of the prompt as leaves room for an answer.
    expect(nKept).toEqual([1, 4, 11]);
  });
});

describe('loading', () => {
  it('gives the context of the server, the model or the request, up to what the model was trained on', async () => {
    await createModel(server, { model: 'narrow', from: 'random', parameters: { num_ctx: 64 } });
    const contextWith = async (options: OptionValues, model: string): Promise<unknown> => {
      await generate({ num_predict: 1, ...options }, model);
      const { models } = await ollama.ps();
      return (models[0] as { context_length?: number } | undefined)?.context_length;
    };
    expect(await contextWith({}, 'random')).toBe(256);
    expect(await contextWith({}, 'narrow')).toBe(64);
    expect(await contextWith({ num_ctx: 128 }, 'narrow')).toBe(128);
    expect(await contextWith({ num_ctx: 100_000 }, 'narrow')).toBe(512);
  });

  it.each<OptionValues>([
    { num_batch: 4 },
    { num_thread: 1 },
    { num_thread: 100_000 },
    { num_gpu: 0 },
    { main_gpu: 0 },
    { use_mmap: false },
    { draft_num_predict: 4 },
  ])('with %j changes no answer', async (options) => {
    expect(await answer({ temperature: 0, ...options })).toEqual(greedy);
  });
});

describe('names', () => {
  it('that nothing knows are ignored, with a line in the log; those of old in silence', async () => {
    const retired = { numa: true, low_vram: true, f16_kv: true, logits_all: true, vocab_only: true };
    const more = { use_mlock: true, penalize_newline: true, tfs_z: 1, num_gqa: 1 };
    expect(await answer({ temperature: 0, ...retired, ...more, num_predicts: 1, Seed: 'x' })).toEqual(greedy);
    const warnings = server
      .log()
      .split('\n')
      .filter((line) => line.includes('unknown options'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/level=WARN .*num_predicts.*Seed/);
    for (const name of Object.keys({ ...retired, ...more })) expect(warnings[0]).not.toContain(name);
  });

  it('of the request go before those of the model', async () => {
    const parameters = { num_predict: 5, temperature: 0, stop: ['never'] };
    await createModel(server, { model: 'short', from: 'random', parameters });
    const ask = (options: OptionValues) =>
      ollama.generate({ model: 'short', prompt, options: options as object });
    const own = await ask({});
    expect(own).toMatchObject({ eval_count: 5, done_reason: 'length' });
    expect(own.context.slice(own.prompt_eval_count)).toEqual(greedy.slice(0, 5));
    const stop = (own.response ?? '').slice(1, 3);
    expect(await ask({ num_predict: 6 })).toMatchObject({ eval_count: 6 });
    expect(await ask({ stop: [stop] })).toMatchObject({ done_reason: 'stop' });
  });
});

describe('deterministic', () => {
  it('gives the same answer alone and beside seven other requests', async () => {
    const request = { deterministic: true, num_predict: 64 };
    const alone = await answer(request);
    const others = Array.from({ length: 7 }, (_, i) => answer({ seed: 100 + i, num_predict: 120 }));
    expect(await answer(request)).toEqual(alone);
    await Promise.all(others);
  });
});
