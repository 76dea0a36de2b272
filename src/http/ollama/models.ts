/** Routes about stored and loaded models: tags, ps, show, copy, delete. */
import type { FastifyInstance } from 'fastify';
import { copyRequestSchema, deleteRequestSchema, showRequestSchema } from '../../api/schemas/models.ts';
import { CriaError } from '../../errors.ts';
import type { ListedModel } from '../../library/types.ts';
import { goJson } from '../go-json.ts';
import { sendEmpty, sendJson } from '../send.ts';
import { fromListed, fromLoaded, fromShown } from './from-model.ts';
import type { RouteDeps } from './types.ts';

export function modelRoutes(app: FastifyInstance, { library, bodies }: RouteDeps): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/tags',
    handler: async (_request, reply) => {
      const models = await library.list();
      sendJson(reply, `{"models":[${models.map(listedJson).join(',')}]}`);
    },
  });

  app.get('/api/ps', (_request, reply) => {
    sendJson(reply, goJson({ models: library.listLoaded().map(fromLoaded) }));
  });

  app.post('/api/show', async (request, reply) => {
    const body = await bodies.read(showRequestSchema, request.raw, request.closeSignal);
    const model = requireModel(body);
    const shown = await library.show({
      model,
      system: body.system ?? '',
      verbose: body.verbose ?? false,
      options: body.options ?? {},
    });
    // VS Code shows this as the model's name.
    const isCopilot = request.headers['user-agent']?.startsWith('GitHubCopilotChat/') ?? false;
    sendJson(reply, goJson(fromShown(shown, isCopilot ? { 'general.basename': model } : {})));
  });

  app.post('/api/copy', async (request, reply) => {
    const body = await bodies.read(copyRequestSchema, request.raw, request.closeSignal);
    await library.copy(body.source ?? '', body.destination ?? '');
    sendEmpty(reply);
  });

  app.delete('/api/delete', async (request, reply) => {
    const body = await bodies.read(deleteRequestSchema, request.raw, request.closeSignal);
    await library.remove(requireModel(body));
    sendEmpty(reply);
  });
}

const listedJsons = new WeakMap<ListedModel, string>();

/** Written once for each model: many clients ask for the list every few seconds. */
function listedJson(model: ListedModel): string {
  const known = listedJsons.get(model);
  if (known !== undefined) return known;
  const json = goJson(fromListed(model));
  listedJsons.set(model, json);
  return json;
}

/** `model`, or `name` as old clients call it. */
function requireModel({ model, name }: { model?: string; name?: string }): string {
  const chosen = model || name;
  if (!chosen) throw new CriaError('bad_request', 'model is required');
  return chosen;
}
