/**
 * Encoders and rerankers as sentence-transformers saves them (scripts/encoder-reference.py): converted, loaded and given the same
 * texts, they must answer as that library does.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EmbeddingEngine } from '../engine/embedding-engine.ts';
import { CriaError } from '../errors.ts';
import { readGgufHeader } from '../gguf/reader.ts';
import { summarizeGguf } from '../gguf/summary.ts';
import { writeGguf } from '../gguf/writer.ts';
import type { EmbedInput, EmbedResult } from '../protocol/messages.ts';
import { convertFolder } from './convert.ts';

const root = path.join(import.meta.dirname, 'testdata/encoders');

interface Text {
  readonly text: string;
  readonly tokens: readonly number[];
  readonly vector: readonly number[];
}
interface Pair {
  readonly query: string;
  readonly document: string;
  readonly tokens: readonly number[];
  readonly logit: number;
}

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-encoders-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function expectedOf<T>(file: string): T {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}

async function convert(name: string): Promise<string> {
  const own = path.join(root, name);
  const folder = existsSync(own) ? own : path.join(import.meta.dirname, 'testdata/models', name);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = new Map(names.map((file) => [file.replaceAll(path.sep, '/'), path.join(folder, file)]));
  await using conversion = await convertFolder(files, { type: 'F32' });
  const target = path.join(dir, `${name}.gguf`);
  await writeGguf(target, conversion.content);
  return target;
}

interface Loaded {
  readonly engine: EmbeddingEngine;
  run(inputs: readonly EmbedInput[]): Promise<EmbedResult>;
}

async function load(name: string, nCtx = 512): Promise<Loaded> {
  let settle: { resolve(result: EmbedResult): void; reject(error: unknown): void } | undefined;
  const engine = await EmbeddingEngine.load(
    {
      modelPath: await convert(name),
      adapterPaths: [],
      nCtx,
      nSlots: 1,
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
    },
    {
      onResult: (_, result) => settle?.resolve(result),
      onError: (_, error) => settle?.reject(CriaError.from(error)),
    },
  );
  onTestFinished(() => engine[Symbol.dispose]());
  const run = (inputs: readonly EmbedInput[]): Promise<EmbedResult> =>
    new Promise((resolve, reject) => {
      settle = { resolve, reject };
      engine.submit(1, { inputs: [...inputs], truncate: true });
    });
  return { engine, run };
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
    Array.from(x).reduce((sum, value, i) => sum + value * (y[i] ?? Number.NaN), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe.each(['mean', 'cls-cased'])('%s', (name) => {
  const { texts, maxTokens } = expectedOf<{ texts: readonly Text[]; maxTokens: number }>(
    `${name}/expected.json`,
  );

  it('divides texts into the same tokens', async () => {
    const { engine } = await load(name);
    for (const { text, tokens } of texts)
      expect({ text, ...engine.tokenize({ text, addSpecial: true, parseSpecial: true }) }).toEqual({
        text,
        tokens,
      });
  });

  it('gives the same vectors, of long texts, too', async () => {
    const { engine, run } = await load(name, maxTokens);
    const { vectors, promptTokens } = await run(
      texts.map(({ text }) => ({ type: 'text', text, addSpecial: true })),
    );
    expect(promptTokens).toBe(texts.reduce((sum, { tokens }) => sum + Math.min(tokens.length, maxTokens), 0));
    expect(texts.some(({ tokens }) => tokens.length > maxTokens)).toBe(true);
    const { nOutput } = engine.info.embedding;
    for (const [i, { text, vector }] of texts.entries())
      expect([text, cosine(vectors.subarray(i * nOutput, (i + 1) * nOutput), vector) > 0.9999]).toEqual([
        text,
        true,
      ]);
  });

  it('tells how long its texts may be', async () => {
    const { nCtxTrain, nCtxInput } = await summarizeGguf(await readGgufHeader(await convert(name)));
    expect({ nCtxTrain, nCtxInput: nCtxInput ?? nCtxTrain }).toEqual({ nCtxTrain: 64, nCtxInput: maxTokens });
  });
});

describe.each([
  ['reranker', 'reranker/expected.json'],
  ['xlm-roberta-rank', 'xlm-roberta-rank.json'],
])('%s', (name, file) => {
  const { pairs } = expectedOf<{ pairs: readonly Pair[] }>(file);

  it('gives the same scores', async () => {
    const { engine, run } = await load(name);
    expect(engine.info.embedding).toMatchObject({ pooling: 'rank', nOutput: 1 });
    const { vectors, promptTokens } = await run(
      pairs.map(({ query, document }) => ({ type: 'pair', query, document })),
    );
    expect(promptTokens).toBe(pairs.reduce((sum, { tokens }) => sum + tokens.length, 0));
    for (const [i, { query, logit }] of pairs.entries())
      expect([query, Math.abs((vectors[i] ?? Number.NaN) - logit) < 1e-3, vectors[i], logit]).toEqual([
        query,
        true,
        vectors[i],
        logit,
      ]);
  });
});
