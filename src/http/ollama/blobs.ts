/** HEAD and POST /api/blobs/:digest. */
import type { FastifyInstance } from 'fastify';
import { disconnectWhenIdle } from '../body.ts';
import { status } from '../errors.ts';
import { sendEmpty } from '../send.ts';
import type { RouteDeps } from './types.ts';

interface BlobParams {
  Params: { digest: string };
}

export function blobRoutes(app: FastifyInstance, { library, uploadIdleMs }: RouteDeps): void {
  app.head<BlobParams>('/api/blobs/:digest', async (request, reply) => {
    const { digest } = request.params;
    // No error: clients ask in order to know whether to upload.
    sendEmpty(reply, (await library.hasBlob(digest)) ? status.ok : status.notFound);
  });

  app.post<BlobParams>('/api/blobs/:digest', async (request, reply) => {
    const stopWatch = disconnectWhenIdle(request.raw, uploadIdleMs);
    try {
      const signal = request.closeSignal;
      const { existed } = await library.putBlob(request.params.digest, request.raw, { signal });
      sendEmpty(reply, existed ? status.ok : status.created);
    } finally {
      stopWatch();
    }
  });
}
