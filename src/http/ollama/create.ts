/** POST /api/create. */
import type { FastifyInstance } from 'fastify';
import { createRequestSchema } from '../../api/schemas/models.ts';
import { sendProgress } from './progress.ts';
import { toCreateRequest } from './to-create.ts';
import type { RouteDeps } from './types.ts';

export function createRoutes(app: FastifyInstance, { library, bodies }: RouteDeps): void {
  app.post('/api/create', async (request, reply) => {
    const signal = request.closeSignal;
    const body = await bodies.read(createRequestSchema, request.raw, signal);
    const progress = library.create(toCreateRequest(body), { signal });
    await sendProgress(reply, progress, body.stream ?? true);
  });
}
