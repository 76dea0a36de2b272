/** Routes about the server itself. */
import type { FastifyInstance } from 'fastify';
import { goJson } from '../go-json.ts';
import { sendJson, sendText } from '../send.ts';
import type { RouteDeps } from './types.ts';

export function serverRoutes(app: FastifyInstance, { version }: RouteDeps): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/',
    // Clients compare this text.
    handler: (_request, reply) => sendText(reply, 'Ollama is running'),
  });
  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/version',
    handler: (_request, reply) => sendJson(reply, goJson({ version })),
  });
  app.get('/api/status', (_request, reply) =>
    sendJson(reply, goJson({ cloud: { disabled: true, source: 'env' } })),
  );
}
