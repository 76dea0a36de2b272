/** The reranking use case: how well each document answers a query. */
import { CriaError } from '../errors.ts';
import type { EmbedInput } from '../protocol/messages.ts';
import type { ResolvedModel } from '../types/model.ts';
import { computeVectors, rankPooling } from './embed.ts';
import { resolveForUse } from './resolve.ts';
import type { InferenceDeps } from './run.ts';
import type { RerankAnswer, RerankRequest } from './types.ts';
import { cosineSimilarity, requireFinite } from './vectors.ts';
import { withRunner } from './with-runner.ts';

/** The classifier of these models ends in a softmax: the first score is a probability already (llama-graph.cpp: build_pooling). */
const probabilityArchitectures = new Set(['qwen3', 'qwen3vl']);

/** See `Inference.rerank`. */
export async function rerank(
  deps: InferenceDeps,
  request: RerankRequest,
  signal: AbortSignal,
): Promise<RerankAnswer> {
  const model = await resolveForUse(deps, request.model);
  const { scores, ...rest } =
    model.gguf.poolingType === rankPooling
      ? await scoresOfClassifier(deps, model, request, signal)
      : await scoresOfVectors(deps, model, request, signal);
  const results = scores
    .map((score, index) => ({ index, score }))
    .sort((a, b) => b.score - a.score) // stable: equal ones stay in the client's order
    .slice(0, request.topN ?? scores.length);
  return { results, ...rest };
}

type Scores = Omit<RerankAnswer, 'results'> & { readonly scores: readonly number[] };

/** 0 to 1 each. */
async function scoresOfClassifier(
  deps: InferenceDeps,
  model: ResolvedModel,
  request: RerankRequest,
  signal: AbortSignal,
): Promise<Scores> {
  const toInput = pairer(model.gguf.namedChatTemplates.rerank);
  const inputs = request.documents.map((document) => toInput(request.query, document));
  const needs = { embedding: true, needsSlot: true };
  const { value, durations } = await withRunner(deps, model, request, needs, signal, (runner) =>
    runner.embed({ inputs, truncate: true }, { signal }),
  );
  requireFinite(value.vectors);
  const nScores = value.vectors.length / inputs.length;
  const isProbability = probabilityArchitectures.has(model.gguf.architecture);
  const scores = inputs.map((_, i) => {
    const score = value.vectors[i * nScores] ?? 0; // a score for each input was asked for
    return isProbability ? score : 1 / (1 + Math.exp(-score));
  });
  return { scores, promptTokens: value.promptTokens, ...durations };
}

/** Embedding models compare the vectors of query and document; -1 to 1 each. */
async function scoresOfVectors(
  deps: InferenceDeps,
  model: ResolvedModel,
  request: RerankRequest,
  signal: AbortSignal,
): Promise<Scores> {
  if (!model.capabilities.includes('embedding'))
    throw new CriaError(
      'capability_missing',
      `"${request.model}" does not support reranking: it has no classifier (pooling type rank) and is not an embedding model`,
    );
  const inputs = [request.query, ...request.documents];
  const { vectors, promptTokens, durations } = await computeVectors(
    deps,
    model,
    { ...request, inputs, truncate: true },
    signal,
  );
  const [query, ...documents] = vectors;
  for (const vector of vectors) requireFinite(vector);
  const scores = documents.map((vector) => (query === undefined ? 0 : cosineSimilarity(query, vector)));
  return { scores, promptTokens, ...durations };
}

/**
 * How query and document become one input: by the model's template named `rerank`, where `{query}` and `{document}` stand for them,
 * or as a pair.
 */
function pairer(template: string | undefined): (query: string, document: string) => EmbedInput {
  if (template === undefined) return (query, document) => ({ type: 'pair', query, document });
  const parts = template.split(/(\{query\}|\{document\})/);
  const tail = parts.slice(parts.lastIndexOf('{document}') + 1);
  return (query, document) => {
    const fill = (part: string): string =>
      part === '{query}' ? query : part === '{document}' ? document : part;
    return {
      type: 'text',
      text: parts.map(fill).join(''),
      addSpecial: false,
      tail: tail.map(fill).join(''),
    };
  };
}
