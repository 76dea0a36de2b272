/** POST /api/rerank, and the same for the clients of Jina and Cohere: POST /v1/rerank, POST /v2/rerank. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type RerankRequestBody, rerankRequestSchema } from '../../api/schemas/embed.ts';
import type { RerankAnswer } from '../../inference/types.ts';
import { goJson } from '../go-json.ts';
import { sendJson } from '../send.ts';
import { toRerankRequest } from './to-embed.ts';
import type { RouteDeps } from './types.ts';

export function rerankRoutes(app: FastifyInstance, { inference, bodies }: RouteDeps): void {
  const rerank = async (
    request: FastifyRequest,
  ): Promise<{ body: RerankRequestBody; answer: RerankAnswer }> => {
    const signal = request.closeSignal;
    const body = await bodies.read(rerankRequestSchema, request.raw, signal);
    return { body, answer: await inference.rerank(toRerankRequest(body), { signal }) };
  };

  app.post('/api/rerank', async (request, reply) => {
    const { body, answer } = await rerank(request);
    sendJson(
      reply,
      goJson({
        model: body.model,
        results: resultsOf(body, answer),
        total_duration: answer.totalDurationNs || undefined,
        load_duration: answer.loadDurationNs || undefined,
        prompt_eval_count: answer.promptTokens || undefined,
      }),
    );
  });

  for (const url of ['/v1/rerank', '/v2/rerank']) {
    app.post(url, async (request, reply) => {
      const { body, answer } = await rerank(request);
      const { promptTokens } = answer;
      sendJson(
        reply,
        goJson({
          id: randomUUID(),
          object: 'list',
          model: body.model,
          results: resultsOf(body, answer),
          usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
        }),
      );
    });
  }
}

/** With `return_documents` every result has its document, as an object even where the client sent a text. */
function resultsOf(body: RerankRequestBody, { results }: RerankAnswer): unknown[] {
  return results.map(({ index, score }) => {
    const result = { index, relevance_score: score };
    if (body.return_documents !== true) return result;
    const document = body.documents?.[index];
    return { ...result, document: typeof document === 'string' ? { text: document } : document };
  });
}
