/** The embedding use cases: texts in, vectors out. */
import { CriaError, isCriaError } from '../errors.ts';
import type { ResolvedModel } from '../types/model.ts';
import { resolveForUse } from './resolve.ts';
import type { InferenceDeps } from './run.ts';
import type { EmbedAnswer, EmbedRequest, LegacyEmbedRequest } from './types.ts';
import { requireFinite, shortened, splitVectors } from './vectors.ts';
import { type Durations, type ModelRequest, withRunner } from './with-runner.ts';

/** llama.h: `LLAMA_POOLING_TYPE_RANK`. */
export const rankPooling = 4;

/** See `Inference.embed`. */
export async function embed(
  deps: InferenceDeps,
  request: EmbedRequest,
  signal: AbortSignal,
): Promise<EmbedAnswer> {
  const model = await resolveForUse(deps, request.model);
  try {
    const { vectors, promptTokens, durations } = await computeVectors(deps, model, request, signal);
    return {
      vectors: vectors.map((vector) => {
        requireFinite(vector);
        return shortened(vector, request.dimensions);
      }),
      promptTokens,
      ...durations,
    };
  } catch (error) {
    // Ollama blames the input for whatever goes wrong with it once the model is loaded.
    if (isCriaError(error, 'internal') || isCriaError(error, 'runner_died'))
      throw new CriaError('bad_request', error.message.trim(), { cause: error });
    throw error;
  }
}

/** See `Inference.embedLegacy`. */
export async function embedLegacy(
  deps: InferenceDeps,
  request: LegacyEmbedRequest,
  signal: AbortSignal,
): Promise<Float32Array> {
  const model = await resolveForUse(deps, request.model);
  const inputs = request.prompt === '' ? [] : [request.prompt];
  try {
    const { vectors } = await computeVectors(deps, model, { ...request, inputs, truncate: false }, signal);
    const vector = vectors[0] ?? new Float32Array(0);
    requireFinite(vector);
    return vector;
  } catch (error) {
    // Whatever goes wrong behind this endpoint, Ollama answers 500 to it.
    if (isCriaError(error, 'context_exceeded') || isCriaError(error, 'bad_request'))
      throw new CriaError('internal', error.message, { cause: error });
    throw error;
  }
}

/** Raw vectors of all inputs; without inputs the model is loaded and that is all. */
export async function computeVectors(
  deps: InferenceDeps,
  model: ResolvedModel,
  request: ModelRequest & Pick<EmbedRequest, 'inputs' | 'truncate'>,
  signal: AbortSignal,
): Promise<{ vectors: readonly Float32Array[]; promptTokens: number; durations: Durations }> {
  if (model.gguf.poolingType === rankPooling)
    throw new CriaError(
      'capability_missing',
      `"${request.model}" is a reranking model: it gives scores, not embeddings`,
    );
  const { inputs, truncate } = request;
  const needs = { embedding: true, needsSlot: inputs.length > 0 };
  const { value, durations } = await withRunner(deps, model, request, needs, signal, async (runner) => {
    if (inputs.length === 0) return { vectors: new Float32Array(0), promptTokens: 0 };
    const items = inputs.map((text) => ({ type: 'text' as const, text, addSpecial: true }));
    return runner.embed({ inputs: items, truncate }, { signal });
  });
  return {
    vectors: splitVectors(value.vectors, inputs.length),
    promptTokens: value.promptTokens,
    durations,
  };
}
