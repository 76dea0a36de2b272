/** POST /api/embed and POST /api/embeddings, which came before it. */
import type { FastifyInstance } from 'fastify';
import { embeddingRequestSchema, embedRequestSchema } from '../../api/schemas/embed.ts';
import { goString } from '../go-json.ts';
import { sendJson } from '../send.ts';
import { vectorJson, vectorsJson } from '../vector-json.ts';
import { toEmbedRequest, toLegacyEmbedRequest } from './to-embed.ts';
import type { RouteDeps } from './types.ts';

export function embedRoutes(app: FastifyInstance, { inference, bodies }: RouteDeps): void {
  app.post('/api/embed', async (request, reply) => {
    const signal = request.closeSignal;
    const body = await bodies.read(embedRequestSchema, request.raw, signal);
    const wanted = toEmbedRequest(body);
    const answer = await inference.embed(wanted, { signal });
    const head = `{"model":${goString(body.model ?? '')},"embeddings":`;
    if (wanted.inputs.length === 0) return sendJson(reply, `${head}[]}`);
    const tail = [
      unlessZero('total_duration', answer.totalDurationNs),
      unlessZero('load_duration', answer.loadDurationNs),
      unlessZero('prompt_eval_count', answer.promptTokens),
    ].join('');
    sendJson(reply, `${head}${await vectorsJson(answer.vectors)}${tail}}`);
  });

  app.post('/api/embeddings', async (request, reply) => {
    const signal = request.closeSignal;
    const body = await bodies.read(embeddingRequestSchema, request.raw, signal);
    const vector = await inference.embedLegacy(toLegacyEmbedRequest(body), { signal });
    sendJson(reply, `{"embedding":${vectorJson(vector)}}`);
  });
}

function unlessZero(key: string, value: number): string {
  return value === 0 ? '' : `,"${key}":${value}`;
}
