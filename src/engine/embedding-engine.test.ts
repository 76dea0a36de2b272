/** Embedding and scoring with llama.cpp itself, on small random models, against outputs that were computed elsewhere. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { CriaError } from '../errors.ts';
import type { EmbedInput, EmbedResult, LoadSpec } from '../protocol/messages.ts';
import { EmbeddingEngine } from './embedding-engine.ts';
import { bertVocabulary, writeRandomBert } from './testdata/random-bert.ts';
import { writeRandomModel } from './testdata/random-model.ts';

/** Made by scripts/bert-reference.py. */
interface Expected {
  readonly sequences: readonly (readonly number[])[];
  /** [model, sequence, value]; models: mean, CLS, rank. */
  readonly outputs: readonly (readonly (readonly number[])[])[];
}
const expected: Expected = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'testdata/bert-expected.json'), 'utf8'),
);

let folder: string;
beforeAll(async () => {
  folder = process.env.WRITE_BERT ?? mkdtempSync(path.join(tmpdir(), 'cria-embed-'));
  await Promise.all([
    writeRandomBert(path.join(folder, 'mean.gguf'), { poolingType: 1 }),
    writeRandomBert(path.join(folder, 'cls.gguf'), { poolingType: 2, seed: 2 }),
    writeRandomBert(path.join(folder, 'rank.gguf'), { poolingType: 4, seed: 3 }),
    writeRandomModel(path.join(folder, 'llama.gguf')),
    writeRandomModel(path.join(folder, 'llama-mean.gguf'), { poolingType: 1 }),
  ]);
});
afterAll(() => {
  if (process.env.WRITE_BERT === undefined) rmSync(folder, { recursive: true });
});

interface Loaded {
  readonly engine: EmbeddingEngine;
  /** Rows of the result, or the engine's error. */
  embed(inputs: readonly (string | EmbedInput)[], truncate?: boolean): Promise<Rows>;
}
interface Rows {
  readonly rows: Float32Array[];
  readonly promptTokens: number;
}

async function load(name: string, change: Partial<LoadSpec> = {}): Promise<Loaded> {
  const waiting = new Map<number, PromiseWithResolvers<EmbedResult>>();
  let lastId = 0;
  const engine = await EmbeddingEngine.load(
    {
      modelPath: path.join(folder, `${name}.gguf`),
      adapterPaths: [],
      nCtx: 2048,
      nSlots: 4,
      nBatch: 512,
      nUbatch: 512,
      nThreads: 1,
      nGpuLayers: 0,
      mainGpu: undefined,
      useMmap: true,
      flashAttention: -1,
      kvCacheType: 'f16',
      libraryDir: undefined,
      embedding: true,
      ...change,
    },
    {
      onResult: (id, result) => waiting.get(id)?.resolve(result),
      onError: (id, error) => waiting.get(id)?.reject(CriaError.from(error)),
    },
  );
  onTestFinished(() => engine[Symbol.dispose]());
  return {
    engine,
    embed: async (inputs, truncate = true) => {
      const id = ++lastId;
      const result = withResolvers<EmbedResult>();
      waiting.set(id, result);
      engine.submit(id, { inputs: inputs.map(toInput), truncate });
      const { vectors, promptTokens } = await result.promise;
      const { nOutput } = engine.info.embedding;
      return {
        rows: inputs.map((_, i) => vectors.subarray(i * nOutput, (i + 1) * nOutput)),
        promptTokens,
      };
    },
  };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** `Promise.withResolvers` came with Node 22. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

function toInput(input: string | EmbedInput): EmbedInput {
  return typeof input === 'string' ? { type: 'text', text: input, addSpecial: true } : input;
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
    Array.from(x).reduce((sum, value, i) => sum + value * (y[i] ?? Number.NaN), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** Texts whose tokens are these: pieces that go on a word stand for themselves, others begin one. */
function textOf(ids: readonly number[]): EmbedInput {
  const text = ids
    .map((id) => bertVocabulary[id] ?? '')
    .map((piece) => (piece.startsWith('▁') ? ` ${piece.slice(1)}` : piece))
    .join('');
  return { type: 'text', text, addSpecial: false };
}

/** 64 texts of 1 to 40 words. */
const manyTexts = Array.from({ length: 64 }, (_, i) =>
  Array.from(
    { length: 1 + ((i * 13) % 40) },
    (_, j) => ['the', 'dog', 'ran', 'over', 'a', 'red', 'house'][(i * 3 + j * 5) % 7],
  ).join(' '),
);

describe('against the reference', () => {
  it.each([
    ['mean', 0],
    ['cls', 1],
  ])('%s pooling', async (name, model) => {
    const { engine, embed } = await load(name);
    expect(engine.info.embedding).toEqual({ pooling: name, nOutput: 32, maxInputTokens: 64 });
    const inputs = expected.sequences.map(textOf);
    for (const [i, input] of inputs.entries())
      expect(
        engine.tokenize({
          text: input.type === 'text' ? input.text : '',
          addSpecial: false,
          parseSpecial: true,
        }).tokens,
      ).toEqual(expected.sequences[i]);
    const { rows, promptTokens } = await embed(inputs);
    expect(promptTokens).toBe(expected.sequences.flat().length);
    for (const [i, row] of rows.entries())
      expect(cosine(row, expected.outputs[model]?.[i] ?? [])).toBeGreaterThan(0.9999);
  });

  it('rank: the classifier gives one score', async () => {
    const { engine, embed } = await load('rank');
    expect(engine.info.embedding).toMatchObject({ pooling: 'rank', nOutput: 1 });
    const { rows } = await embed(expected.sequences.map(textOf));
    for (const [i, row] of rows.entries()) expect(row[0]).toBeCloseTo(expected.outputs[2]?.[i]?.[0] ?? 9, 2);
  });
});

describe('batches', () => {
  it.each(['mean', 'cls', 'rank', 'llama', 'llama-mean'])(
    '%s: 64 inputs together equal one by one',
    async (name) => {
      const { engine, embed } = await load(name);
      const together = await embed(manyTexts);
      const nSteps = engine.stats().steps;
      expect(nSteps).toBeLessThan(20);
      for (const [i, text] of manyTexts.entries()) {
        const [alone] = (await embed([text])).rows;
        const row = together.rows[i] ?? new Float32Array();
        if (name === 'rank') expect(row[0]).toBeCloseTo(alone?.[0] ?? 9, 4);
        else expect(cosine(row, alone ?? [])).toBeGreaterThan(0.99999);
      }
      expect(engine.stats()).toMatchObject({ steps: nSteps + 64, slotsBusy: 0, waiting: 0 });
    },
  );

  it('holds inputs of several requests', async () => {
    const { engine, embed } = await load('mean');
    const answers = await Promise.all(manyTexts.slice(0, 8).map((text) => embed([text])));
    expect(engine.stats().steps).toBe(1);
    const { rows } = await embed(manyTexts.slice(0, 8));
    for (const [i, { rows: own }] of answers.entries())
      expect(cosine(own[0] ?? [], rows[i] ?? [])).toBeGreaterThan(0.99999);
  });

  it('works when a batch holds one input only', async () => {
    const { embed } = await load('mean', { nUbatch: 16 });
    const { rows } = await embed(['the dog ran over the red house', 'a cat']);
    const { embed: embedWide } = await load('mean');
    const { rows: wide } = await embedWide(['the dog ran over the red house', 'a cat']);
    for (const [i, row] of rows.entries()) expect(cosine(row, wide[i] ?? [])).toBeGreaterThan(0.99999);
  });

  it('leaves out what was cancelled', async () => {
    const { engine, embed } = await load('mean');
    engine.submit(100, { inputs: manyTexts.map(toInput), truncate: true });
    engine.submit(101, { inputs: manyTexts.map(toInput), truncate: true });
    engine.cancel(100);
    engine.cancel(101);
    engine.cancel(999);
    await embed(['dog']);
    expect(engine.stats()).toMatchObject({ steps: 1, promptTokensEvaluated: 3 });
  });
});

describe('inputs', () => {
  it('embeds an empty text where special tokens stand for it', async () => {
    const { embed } = await load('mean');
    const { rows, promptTokens } = await embed(['', 'dog']);
    expect(promptTokens).toBe(2 + 3);
    expect(cosine(rows[0] ?? [], expected.outputs[0]?.[0] ?? [])).toBeGreaterThan(0.9999);
  });

  it('cuts what is too long, keeping the special tokens', async () => {
    const { embed } = await load('mean');
    const words = (count: number): string => new Array(count).fill('dog').join(' ');
    const { rows, promptTokens } = await embed([words(100), words(62)]);
    expect(promptTokens).toBe(64 + 64);
    expect(cosine(rows[0] ?? [], rows[1] ?? [])).toBeGreaterThan(0.99999);
  });

  it('fails a request whose input may not be cut, and only that', async () => {
    const { embed } = await load('mean');
    const long = new Array(100).fill('dog').join(' ');
    const [failed, other] = await Promise.allSettled([embed(['cat', long], false), embed(['cat'])]);
    expect(failed).toMatchObject({
      reason: { code: 'context_exceeded', message: 'the input length exceeds the context length' },
    });
    expect(other.status).toBe('fulfilled');
  });

  it('scores pairs, whose second text is known to be one', async () => {
    const { embed } = await load('rank');
    const pair = await embed([{ type: 'pair', query: 'who ran', document: 'the dog' }]);
    const text = await embed([{ type: 'text', text: '[CLS]who ran[SEP]the dog[SEP]', addSpecial: false }]);
    expect(pair.promptTokens).toBe(7);
    expect(text.promptTokens).toBe(7);
    // What the scores must be is compared in convert/encoders.test.ts.
    expect(Math.abs((pair.rows[0]?.[0] ?? 0) - (text.rows[0]?.[0] ?? 0))).toBeGreaterThan(0.01);
  });
});

it('embeds with a model that completes text: its last token speaks for all', async () => {
  const { engine, embed } = await load('llama');
  expect(engine.info.embedding).toMatchObject({ pooling: 'last', nOutput: 64 });
  const { rows } = await embed(['the dog', 'the cat', 'the dog']);
  expect(cosine(rows[0] ?? [], rows[2] ?? [])).toBeGreaterThan(0.99999);
  expect(cosine(rows[0] ?? [], rows[1] ?? [])).toBeLessThan(0.999);
});

describe('texts longer than a batch', () => {
  const words = Array.from({ length: 150 }, (_, i) => ['the', 'dog', 'ran', 'over', 'a'][(i * i) % 5]).join(
    ' ',
  );
  // An input after it, so that the cache must be emptied in between.
  const inputs = [words, 'the dog', `${words} the end`];

  it.each(['llama', 'llama-mean'])('%s takes them whole', async (name) => {
    const { embed } = await load(name, { nUbatch: 512 });
    const whole = await embed(inputs);
    expect(whole.promptTokens).toBeGreaterThan(300);
    const { engine, embed: embedParts } = await load(name, { nUbatch: 64, nCells: 512 });
    expect(engine.info.embedding.maxInputTokens).toBe(512);
    const parts = await embedParts(inputs);
    expect(engine.stats().steps).toBeGreaterThan(4);
    expect(parts.promptTokens).toBe(whole.promptTokens);
    for (const [i, row] of parts.rows.entries())
      expect(cosine(row, whole.rows[i] ?? [])).toBeGreaterThan(0.9999);
  });

  it('are cut at the cache, and end with their request', async () => {
    const { engine, embed } = await load('llama', { nUbatch: 32, nCells: 64 });
    expect((await embed([words])).promptTokens).toBe(64);
    await expect(embed([words], false)).rejects.toThrow('the input length exceeds the context length');
    engine.submit(200, { inputs: [toInput(words)], truncate: true });
    await new Promise(setImmediate); // the first part is computed
    engine.cancel(200);
    const { rows } = await embed(['the dog']);
    const { embed: embedAlone } = await load('llama');
    expect(cosine(rows[0] ?? [], (await embedAlone(['the dog'])).rows[0] ?? [])).toBeGreaterThan(0.9999);
  });
});

it('refuses token ids that it does not have', async () => {
  const { engine } = await load('mean');
  expect(() => engine.detokenize([5, bertVocabulary.length], false)).toThrow('the vocabulary has no token');
  expect(engine.detokenize([5, 7], false)).toBe(' the dog');
});
