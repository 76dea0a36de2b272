/** Routes of Ollama that are not there: those still to come, and those that need an account at ollama.com. */
import type { FastifyInstance, HTTPMethods } from 'fastify';
import { CriaError } from '../../errors.ts';
import { RequestError, status } from '../errors.ts';
import { sendError } from '../send.ts';

const toCome: readonly (readonly [HTTPMethods, string])[] = [
  ['GET', '/api/experimental/model-recommendations'],
  ['POST', '/v1/chat/completions'],
  ['POST', '/v1/completions'],
  ['POST', '/v1/embeddings'],
  ['POST', '/v1/responses'],
  ['POST', '/v1/audio/transcriptions'],
  ['POST', '/v1/messages'],
  ['GET', '/v1/models'],
  ['GET', '/v1/models/:model'],
];

const needAccount: readonly (readonly [HTTPMethods, string, () => Error])[] = [
  ['POST', '/api/me', () => new RequestError(status.unauthorized, 'unauthorized')],
  ['POST', '/api/signout', notSignedIn],
  ['DELETE', '/api/user/keys/:encodedKey', notSignedIn],
  ['POST', '/api/experimental/web_search', () => cloudDisabled('web search is unavailable')],
  ['POST', '/api/experimental/web_fetch', () => cloudDisabled('web fetch is unavailable')],
];

export function unavailableRoutes(app: FastifyInstance): void {
  for (const [method, url] of toCome) {
    app.route({
      method,
      url,
      handler: (_request, reply) =>
        sendError(reply, new CriaError('not_implemented', `${method} ${url} is not implemented yet`)),
    });
  }
  for (const [method, url, error] of needAccount)
    app.route({ method, url, handler: (_request, reply) => sendError(reply, error()) });
}

function notSignedIn(): Error {
  return new RequestError(status.unauthorized, 'you are not currently signed in');
}

function cloudDisabled(what: string): Error {
  return new CriaError('forbidden', `ollama cloud is disabled: ${what}`);
}
