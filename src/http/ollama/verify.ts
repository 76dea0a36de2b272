/** POST /api/verify, which Ollama has not: hashes models and tells what is damaged. */
import type { FastifyInstance } from 'fastify';
import { verifyRequestSchema } from '../../api/schemas/models.ts';
import type { Damage, VerifyEvent } from '../../library/types.ts';
import { goJson } from '../go-json.ts';
import { bareJsonType, sendJson } from '../send.ts';
import { sendStream } from '../stream.ts';
import type { RouteDeps } from './types.ts';

export function verifyRoutes(app: FastifyInstance, { library, bodies }: RouteDeps): void {
  app.post('/api/verify', async (request, reply) => {
    const signal = request.closeSignal;
    const { model, models = [], stream = true } = await bodies.read(verifyRequestSchema, request.raw, signal);
    const events = library.verify(model ? [model, ...models] : models, { signal });
    if (stream) return sendStream(reply, events, { toLine: fromVerifyEvent });
    let last = '';
    for await (const event of events) last = fromVerifyEvent(event);
    sendJson(reply, last, { type: bareJsonType });
  });
}

function fromVerifyEvent(event: VerifyEvent): string {
  switch (event.type) {
    case 'progress':
      return goJson({ status: 'verifying', total: event.totalBytes, completed: event.completedBytes });
    case 'damage':
      return goJson({ status: 'damaged', ...fromDamage(event.damage) });
    case 'done':
      return goJson({
        status: 'success',
        models: event.nModels,
        blobs: event.nBlobs,
        bytes: event.totalBytes,
        damage: event.damage.map(fromDamage),
        created_here: event.madeHere,
      });
  }
}

function fromDamage({ problem, digest, message, models }: Damage): Record<string, unknown> {
  return { problem, digest, message, models };
}
