/** POST /api/tokenize and POST /api/detokenize. */
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { detokenizeRequestSchema, tokenizeRequestSchema } from '../../api/schemas/embed.ts';
import type { TokenizeAnswer } from '../../inference/types.ts';
import { goJson } from '../go-json.ts';
import { sendJson } from '../send.ts';
import { toDetokenizeRequest, toTokenizeRequest } from './to-embed.ts';
import type { RouteDeps } from './types.ts';

export function tokenRoutes(app: FastifyInstance, { inference, bodies }: RouteDeps): void {
  app.post('/api/tokenize', async (request, reply) => {
    const signal = request.closeSignal;
    const body = await bodies.read(tokenizeRequestSchema, request.raw, signal);
    const answer = await inference.tokenize(toTokenizeRequest(body), { signal });
    sendJson(
      reply,
      goJson({
        model: body.model,
        tokens: answer.tokens,
        count: answer.tokens.length,
        pieces: piecesOf(answer),
        total_duration: answer.totalDurationNs || undefined,
        load_duration: answer.loadDurationNs || undefined,
      }),
    );
  });

  app.post('/api/detokenize', async (request, reply) => {
    const signal = request.closeSignal;
    const body = await bodies.read(detokenizeRequestSchema, request.raw, signal);
    const answer = await inference.detokenize(toDetokenizeRequest(body), { signal });
    sendJson(
      reply,
      goJson({
        model: body.model,
        text: answer.text,
        total_duration: answer.totalDurationNs || undefined,
        load_duration: answer.loadDurationNs || undefined,
      }),
    );
  });
}

/** A piece is a text, or a list of bytes where it is no whole text: llama-server's form. */
function piecesOf({ tokens, pieces }: TokenizeAnswer): unknown[] | undefined {
  return pieces?.map((bytes, i) => ({
    id: tokens[i],
    piece: isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : Array.from(bytes),
  }));
}
