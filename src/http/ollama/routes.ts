/** All routes of Ollama's API. */
import type { FastifyInstance } from 'fastify';
import { blobRoutes } from './blobs.ts';
import { createRoutes } from './create.ts';
import { embedRoutes } from './embed.ts';
import { generationRoutes } from './generation.ts';
import { modelRoutes } from './models.ts';
import { rerankRoutes } from './rerank.ts';
import { serverRoutes } from './server.ts';
import { tokenRoutes } from './tokens.ts';
import { transferRoutes } from './transfer.ts';
import type { RouteDeps } from './types.ts';
import { unavailableRoutes } from './unavailable.ts';
import { verifyRoutes } from './verify.ts';

export function ollamaRoutes(app: FastifyInstance, deps: RouteDeps): void {
  serverRoutes(app, deps);
  generationRoutes(app, deps);
  embedRoutes(app, deps);
  rerankRoutes(app, deps);
  tokenRoutes(app, deps);
  modelRoutes(app, deps);
  createRoutes(app, deps);
  blobRoutes(app, deps);
  transferRoutes(app, deps);
  verifyRoutes(app, deps);
  unavailableRoutes(app);
}
