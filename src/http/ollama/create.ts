/** POST /api/create. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { createRequestSchema } from '../../api/schemas/models.ts';
import type { Progress } from '../../library/types.ts';
import { goJson } from '../go-json.ts';
import { bareJsonType, sendJson } from '../send.ts';
import { sendStream } from '../stream.ts';
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

/** Lines of progress, or the last one alone. */
async function sendProgress(
  reply: FastifyReply,
  progress: AsyncIterable<Progress>,
  isStream: boolean,
): Promise<void> {
  if (isStream) return sendStream(reply, progress, { toLine: fromProgress });
  let last: Progress = { status: '' };
  for await (const item of progress) last = item;
  sendJson(reply, fromProgress(last), { type: bareJsonType });
}

/** `completed` and `total` are left out while they are zero. */
function fromProgress({ status, digest, total, completed }: Progress): string {
  return goJson({
    status,
    digest: digest || undefined,
    total: total || undefined,
    completed: completed || undefined,
  });
}
