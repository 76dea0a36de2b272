/**
 * MiniLM as sentence-transformers computes it (scripts/minilm/check.mjs). Its tokens are compared everywhere: llama.cpp's source has
 * the vocabulary. Its vectors are compared where CRIA_MINILM names the file that the script has converted.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CriaError } from '../errors.ts';
import { Library } from '../native/library.ts';
import { Model } from '../native/model.ts';
import type { EmbedResult } from '../protocol/messages.ts';
import { EmbeddingEngine } from './embedding-engine.ts';
import { llamaVocabularies } from './testdata/llama-vocabularies.ts';
import { useWordPiece } from './word-piece.ts';

interface Expected {
  /** Longer texts are cut. */
  readonly maxTokens: number;
  readonly texts: readonly {
    readonly text: string;
    readonly tokens: readonly number[];
    /** The first numbers of the normalized vector. */
    readonly vector: readonly number[];
  }[];
}
const { maxTokens, texts }: Expected = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'testdata/minilm-expected.json'), 'utf8'),
);

const vocabularies = llamaVocabularies();
const modelPath = process.env.CRIA_MINILM;
if (modelPath === undefined)
  process.stderr.write("SKIPPED: MiniLM's vectors, for want of CRIA_MINILM (scripts/minilm/check.mjs)\n");

it.skipIf(vocabularies === undefined)('divides 200 texts into the same tokens', async () => {
  const file = path.join(vocabularies ?? '', 'ggml-vocab-bert-bge.gguf');
  const options = { nGpuLayers: 0, mainGpu: undefined, useMmap: true, vocabOnly: true };
  using model = await Model.load(Library.load(undefined), file, options);
  useWordPiece(model);
  expect(texts).toHaveLength(200);
  for (const { text, tokens } of texts)
    expect([text, [...model.vocab.tokenize(text, { addSpecial: true, parseSpecial: true })]]).toEqual([
      text,
      tokens,
    ]);
});

describe.skipIf(modelPath === undefined)('CRIA_MINILM', () => {
  it('gives the same vectors', async () => {
    const { promise, resolve, reject } = withResolvers();
    using engine = await EmbeddingEngine.load(
      {
        modelPath: modelPath ?? '',
        adapterPaths: [],
        nCtx: maxTokens,
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
      { onResult: (_, result) => resolve(result), onError: (_, error) => reject(CriaError.from(error)) },
    );
    const inputs = texts.map(({ text }) => ({ type: 'text' as const, text, addSpecial: true }));
    engine.submit(1, { inputs, truncate: true });
    const { vectors, promptTokens } = await promise;
    expect(promptTokens).toBe(texts.reduce((sum, { tokens }) => sum + Math.min(tokens.length, maxTokens), 0));
    const { nOutput } = engine.info.embedding;
    for (const [i, { text, vector }] of texts.entries()) {
      const own = vectors.subarray(i * nOutput, (i + 1) * nOutput);
      const length = Math.hypot(...own);
      const worst = Math.max(...vector.map((value, j) => Math.abs(value - (own[j] ?? Number.NaN) / length)));
      expect([text, worst < 2e-3]).toEqual([text, true]);
    }
  }, 120_000);
});

/** `Promise.withResolvers` came with Node 22. */
function withResolvers(): {
  promise: Promise<EmbedResult>;
  resolve: (result: EmbedResult) => void;
  reject: (error: unknown) => void;
} {
  let resolve: (result: EmbedResult) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<EmbedResult>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}
