/** Embedding, reranking and tokens against a fake scheduler and runner: what reaches the runner, what is made of its answer. */
import { describe, expect, it } from 'vitest';
import { CriaError } from '../errors.ts';
import type { EmbedResult, EmbedWork } from '../protocol/messages.ts';
import type { Runner } from '../runner/types.ts';
import type { AcquireRequest, Scheduler } from '../scheduler/types.ts';
import type { Capability, ResolvedModel } from '../types/model.ts';
import { createInference } from './index.ts';

const never = { signal: new AbortController().signal };
const rank = 4;

interface Setup {
  readonly capabilities?: readonly Capability[];
  readonly poolingType?: number;
  readonly architecture?: string;
  readonly rerankTemplate?: string;
  readonly parameters?: ResolvedModel['parameters'];
  /** Of each call of `embed`; an error is thrown. */
  readonly results?: readonly (EmbedResult | Error)[];
}

function setup(options: Setup = {}) {
  const model = {
    displayName: 'm:latest',
    modelPath: '/blobs/m',
    furtherPaths: [],
    parameters: options.parameters ?? {},
    capabilities: options.capabilities ?? ['embedding'],
    gguf: {
      architecture: options.architecture ?? 'bert',
      poolingType: options.poolingType ?? 1,
      namedChatTemplates: options.rerankTemplate === undefined ? {} : { rerank: options.rerankTemplate },
    },
  } as unknown as ResolvedModel; // what these use cases look at
  const acquired: AcquireRequest[] = [];
  const works: EmbedWork[] = [];
  const tokenized: unknown[] = [];
  let released = 0;
  const runner = {
    embed: async (work: EmbedWork) => {
      works.push(work);
      const result = options.results?.[works.length - 1];
      if (result instanceof Error) throw result;
      return result ?? { vectors: new Float32Array(work.inputs.length * 2).fill(3), promptTokens: 5 };
    },
    tokenize: async (request: unknown) => {
      tokenized.push(request);
      return [1, 2];
    },
    tokenizeWithPieces: async () => ({ tokens: [1], pieces: [new Uint8Array([97])] }),
    detokenize: async (tokens: readonly number[], { special }: { special: boolean }) =>
      `${tokens} ${special}`,
  } as unknown as Runner; // only what inference calls
  const scheduler: Scheduler = {
    acquire: async (request) => {
      acquired.push(request);
      const release = (): void => void released++;
      return { runner, release, [Symbol.dispose]: release };
    },
    unload: () => {},
    residents: () => [],
    close: async () => {},
  };
  const unused = (): never => {
    throw new Error('not needed here');
  };
  const inference = createInference({
    resolver: {
      resolve: async (name) => {
        if (name === 'm') return model;
        if (name === 'a b') throw new CriaError('invalid_model_name', 'invalid model name');
        throw new CriaError('model_not_found', `model '${name}' not found`);
      },
    },
    scheduler,
    templateOf: unused,
    compileTemplate: unused,
    warn: () => {},
  });
  return { inference, acquired, works, tokenized, released: () => released };
}

const base = { model: 'm', options: {} };
const embedding = { ...base, truncate: true, dimensions: 0 };
const vectors = (...values: number[]): EmbedResult => ({
  vectors: Float32Array.from(values),
  promptTokens: 5,
});

describe('embed', () => {
  it('gives vectors of length 1 for all inputs of one piece of work', async () => {
    const { inference, works, acquired, released } = setup({ results: [vectors(3, 4, 0, 2)] });
    const answer = await inference.embed({ ...embedding, inputs: ['a', ''], keepAliveMs: 7 }, never);
    expect(answer.vectors.map((v) => Array.from(v, (x) => Math.round(x * 10) / 10))).toEqual([
      [0.6, 0.8],
      [0, 1],
    ]);
    expect(answer.promptTokens).toBe(5);
    expect(works).toEqual([
      {
        inputs: [
          { type: 'text', text: 'a', addSpecial: true },
          { type: 'text', text: '', addSpecial: true },
        ],
        truncate: true,
      },
    ]);
    expect(acquired).toMatchObject([{ embedding: true, needsSlot: true, keepAliveMs: 7 }]);
    expect(released()).toBe(1);
  });

  it('cuts vectors to the dimensions asked for', async () => {
    const { inference } = setup({ results: [vectors(5, 12)] });
    const { vectors: cut } = await inference.embed({ ...embedding, inputs: ['a'], dimensions: 1 }, never);
    expect(cut).toEqual([Float32Array.of(1)]);
  });

  it('loads the model when there is no input', async () => {
    const { inference, works, acquired } = setup();
    expect(await inference.embed({ ...embedding, inputs: [] }, never)).toMatchObject({
      vectors: [],
      promptTokens: 0,
    });
    expect(works).toEqual([]);
    expect(acquired).toMatchObject([{ embedding: true, needsSlot: false }]);
  });

  it("merges the model's parameters with the options", async () => {
    const { inference, acquired } = setup({ parameters: { num_ctx: 100, num_batch: 64 } });
    await inference.embed({ ...embedding, inputs: ['a'], options: { num_ctx: 200 } }, never);
    expect(acquired[0]?.options).toMatchObject({ nCtx: 200, nBatch: 64 });
  });

  it('embeds with models that complete text', async () => {
    const { inference } = setup({ capabilities: ['completion'] });
    expect((await inference.embed({ ...embedding, inputs: ['a'] }, never)).vectors).toHaveLength(1);
  });

  it('replaces a runner that died, once', async () => {
    const died = new CriaError('runner_died', 'gone');
    const { inference, released } = setup({ results: [died] });
    expect((await inference.embed({ ...embedding, inputs: ['a'] }, never)).vectors).toHaveLength(1);
    expect(released()).toBe(2);
    const { inference: worse } = setup({ results: [died, died] });
    await expect(worse.embed({ ...embedding, inputs: ['a'] }, never)).rejects.toMatchObject({
      code: 'bad_request',
      message: 'gone',
    });
  });

  it.each<[string, Setup, object, string, string]>([
    ['an unknown model', {}, { model: 'x' }, 'model_not_found', 'model "x" not found, try pulling it first'],
    ['a name that is none', {}, { model: 'a b' }, 'invalid_model_name', 'invalid model name'],
    [
      'a number that is none',
      { results: [vectors(Number.NaN, 1)] },
      {},
      'bad_request',
      'embedding contains NaN or Inf values',
    ],
    [
      'an input that is too long',
      { results: [new CriaError('context_exceeded', 'too long')] },
      {},
      'context_exceeded',
      'too long',
    ],
    [
      'whatever else goes wrong with the input',
      { results: [new CriaError('internal', ' llama.cpp could not\n')] },
      {},
      'bad_request',
      'llama.cpp could not',
    ],
    [
      'a full queue, as it is',
      { results: [new CriaError('server_busy', 'busy')] },
      {},
      'server_busy',
      'busy',
    ],
    [
      'a reranker',
      { poolingType: rank },
      {},
      'capability_missing',
      '"m" is a reranking model: it gives scores, not embeddings',
    ],
    [
      'a wrong option',
      {},
      { options: { num_ctx: 'x' } },
      'bad_option',
      'option "num_ctx" must be of type integer',
    ],
  ])('fails for %s', async (_, options, change, code, message) => {
    const { inference, acquired, released } = setup(options);
    await expect(inference.embed({ ...embedding, inputs: ['a'], ...change }, never)).rejects.toMatchObject({
      code,
      message,
    });
    expect(released()).toBe(acquired.length);
  });
});

describe('embedLegacy', () => {
  it('gives the vector as it is and never cuts the prompt', async () => {
    const { inference, works } = setup({ results: [vectors(3, 4)] });
    expect(await inference.embedLegacy({ ...base, prompt: 'a' }, never)).toEqual(Float32Array.of(3, 4));
    expect(works[0]?.truncate).toBe(false);
  });

  it('gives an empty vector for an empty prompt', async () => {
    const { inference, works, acquired } = setup();
    expect(await inference.embedLegacy({ ...base, prompt: '' }, never)).toEqual(new Float32Array(0));
    expect({ works, loads: acquired.length }).toEqual({ works: [], loads: 1 });
  });

  it('fails as a failure of the server', async () => {
    const { inference } = setup({ results: [new CriaError('context_exceeded', 'too long')] });
    await expect(inference.embedLegacy({ ...base, prompt: 'a' }, never)).rejects.toMatchObject({
      code: 'internal',
      message: 'too long',
    });
  });
});

describe('rerank', () => {
  const request = { ...base, query: 'q', documents: ['a', 'b', 'c'] };

  it('sorts by the score of the classifier, brought to 0 to 1', async () => {
    const { inference, works } = setup({ poolingType: rank, results: [vectors(0, 2, -2)] });
    const { results, promptTokens } = await inference.rerank(request, never);
    expect(results.map(({ index }) => index)).toEqual([1, 0, 2]);
    for (const [i, expected] of [0.8808, 0.5, 0.1192].entries())
      expect(results[i]?.score).toBeCloseTo(expected, 4);
    expect(promptTokens).toBe(5);
    expect(works[0]).toEqual({
      inputs: ['a', 'b', 'c'].map((document) => ({ type: 'pair', query: 'q', document })),
      truncate: true,
    });
  });

  it('takes the first of several scores, as it is where it is a probability', async () => {
    const { inference } = setup({
      poolingType: rank,
      architecture: 'qwen3',
      results: [vectors(0.1, 0.9, 0.7, 0.3, 0.2, 0.8)],
    });
    const { results } = await inference.rerank({ ...request, topN: 2 }, never);
    expect(results.map(({ index, score }) => [index, Math.round(score * 10) / 10])).toEqual([
      [1, 0.7],
      [2, 0.2],
    ]);
  });

  it("uses the model's own template; texts in it stay texts", async () => {
    const { inference, works } = setup({ poolingType: rank, rerankTemplate: '<q>{query}<d>{document}<end>' });
    await inference.rerank({ ...base, query: '{document}', documents: ['$& {query}'] }, never);
    expect(works[0]?.inputs).toEqual([
      { type: 'text', text: '<q>{document}<d>$& {query}<end>', addSpecial: false, tail: '<end>' },
    ]);
  });

  it('compares vectors where the model embeds', async () => {
    const { inference, works } = setup({ results: [vectors(1, 0, 0, 5, 3, 3, -1, 0)] });
    const { results } = await inference.rerank(request, never);
    expect(results.map(({ index, score }) => [index, Math.round(score * 100) / 100])).toEqual([
      [1, 0.71],
      [0, 0],
      [2, -1],
    ]);
    expect(works[0]?.inputs).toHaveLength(4);
  });

  it('refuses models that do neither', async () => {
    const { inference, acquired } = setup({ capabilities: ['completion'] });
    await expect(inference.rerank(request, never)).rejects.toMatchObject({
      code: 'capability_missing',
      message: expect.stringContaining('no classifier (pooling type rank)'),
    });
    expect(acquired).toEqual([]);
  });
});

describe('tokens', () => {
  it('are counted by any runner of the model, without a slot', async () => {
    const { inference, acquired, tokenized } = setup({ capabilities: ['completion'] });
    const request = { ...base, text: 'a', addSpecial: true, parseSpecial: false, withPieces: false };
    expect((await inference.tokenize(request, never)).tokens).toEqual([1, 2]);
    expect(tokenized).toEqual([{ text: 'a', addSpecial: true, parseSpecial: false }]);
    expect(acquired).toMatchObject([{ embedding: false, needsSlot: false, takesAnyLoad: true }]);
    expect(await inference.tokenize({ ...request, withPieces: true }, never)).toMatchObject({
      tokens: [1],
      pieces: [new Uint8Array([97])],
    });
  });

  it('become text again', async () => {
    const { inference, acquired } = setup();
    expect((await inference.detokenize({ ...base, tokens: [3, 4], special: true }, never)).text).toBe(
      '3,4 true',
    );
    expect(acquired).toMatchObject([{ needsSlot: false, takesAnyLoad: true }]);
  });
});
