/** What happens to requests that no route takes: redirect, 405 or 404, as Ollama's router (gin) does it. */
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { status } from './errors.ts';
import { sendEmpty, sendText } from './send.ts';

const methods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

export function createFallback(app: FastifyInstance): (request: FastifyRequest, reply: FastifyReply) => void {
  const hasRoute = (method: string, path: string): boolean =>
    // Asked for with the method as it came; `findRoute` says null for one that it does not know.
    app.findRoute({ method: method as HTTPMethods, url: path }) !== null;

  return (request, reply) => {
    const [path = '/', query] = request.url.split(/\?(.*)/s, 2);
    const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
    if (path !== '/' && hasRoute(request.method, other)) {
      reply.raw.setHeader('Location', query === undefined ? other : `${other}?${query}`);
      sendEmpty(reply, request.method === 'GET' ? status.movedPermanently : status.temporaryRedirect);
      return;
    }
    const allowed = methods.filter((method) => hasRoute(method, path));
    if (allowed.length > 0) {
      reply.raw.setHeader('Allow', allowed.join(', '));
      sendText(reply, '405 method not allowed', status.methodNotAllowed);
      return;
    }
    sendText(reply, '404 page not found', status.notFound);
  };
}
