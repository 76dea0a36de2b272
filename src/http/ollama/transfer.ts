/** POST /api/pull and /api/push. */
import type { FastifyInstance } from 'fastify';
import { type TransferRequestBody, transferRequestSchema } from '../../api/schemas/models.ts';
import { CriaError, toCriaError } from '../../errors.ts';
import type { Progress, TransferRequest } from '../../library/types.ts';
import { sendProgress } from './progress.ts';
import type { RouteDeps } from './types.ts';

export function transferRoutes(app: FastifyInstance, { library, bodies }: RouteDeps): void {
  for (const direction of ['pull', 'push'] as const) {
    app.post(`/api/${direction}`, async (request, reply) => {
      const signal = request.closeSignal;
      const body = await bodies.read(transferRequestSchema, request.raw, signal);
      const progress = library[direction](toTransferRequest(body), { signal });
      await sendProgress(reply, failingAlike(progress), body.stream ?? true);
    });
  }
}

/** Once the work has begun, Ollama has one status for whatever goes wrong. */
async function* failingAlike(progress: AsyncIterable<Progress>): AsyncGenerator<Progress> {
  try {
    yield* progress;
  } catch (error) {
    const { code, message } = toCriaError(error);
    throw code === 'cancelled' ? error : new CriaError('internal', message, { cause: error });
  }
}

/** `name` is what old clients call the model. */
function toTransferRequest({ model, name, insecure }: TransferRequestBody): TransferRequest {
  return { model: model || name || '', insecure: insecure ?? false };
}
