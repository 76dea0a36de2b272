/** The HTTP server: Fastify for routes and life cycle, our own hands for bodies and answers. */
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { CriaError } from '../errors.ts';
import type { Inference } from '../inference/types.ts';
import type { Library } from '../library/types.ts';
import { type Logger, silentLogger } from '../log.ts';
import { abortOnClose } from './abort.ts';
import { logWhenDone } from './access-log.ts';
import { type BodyLimits, BodyReader, defaultBodyLimits } from './body.ts';
import { createCors } from './cors.ts';
import { status } from './errors.ts';
import { createFallback } from './fallback.ts';
import { createHostCheck, type Machine, thisMachine } from './host-check.ts';
import { ollamaRoutes } from './ollama/routes.ts';
import { sendEmpty, sendError, sendText } from './send.ts';

export interface AppOptions {
  readonly inference: Inference;
  readonly library: Library;
  /** Web origins that may call, before Ollama's defaults (`OLLAMA_ORIGINS`). */
  readonly origins?: readonly string[];
  /** Names besides its own that the server is called by (`CRIA_ALLOWED_HOSTS`). */
  readonly allowedHosts?: readonly string[];
  /** The Ollama level that `/api/version` tells. */
  readonly version: string;
  readonly criaVersion: string;
  readonly log?: Logger;
  readonly limits?: Partial<HttpLimits>;
  /** For tests; default: this machine. */
  readonly machine?: Machine;
}

export interface HttpLimits extends BodyLimits {
  /** Time for a request's head to arrive. */
  readonly headersTimeoutMs: number;
  readonly maxHeaderBytes: number;
  /** How long an idle connection is kept for the next request. */
  readonly keepAliveTimeoutMs: number;
  readonly maxConnections: number;
  /** How long `close` waits for answers to end once they are cancelled. */
  readonly closeGraceMs: number;
}

const defaultLimits: HttpLimits = {
  ...defaultBodyLimits,
  headersTimeoutMs: 30_000,
  // Browsers send the cookies of every program on localhost.
  maxHeaderBytes: 64 * 1024,
  keepAliveTimeoutMs: 75_000,
  maxConnections: 4096,
  closeGraceMs: 1_000,
};

const versionHeader = 'X-Cria-Version';

export interface App {
  /** Resolves with the address, e.g. `http://127.0.0.1:11434`. An empty host means every interface. */
  listen(address: { readonly host: string; readonly port: number }): Promise<string>;
  /** Stops listening, cancels what is under way and resolves when all connections are closed. */
  close(): Promise<void>;
}

/** Throws `bad_request` for origins that are none. */
export function createApp(options: AppOptions): App {
  const limits = { ...defaultLimits, ...options.limits };
  const inFlight = new Set<AbortController>();
  const app = createFastify(limits, options.criaVersion);
  app.server.maxConnections = limits.maxConnections;

  // No Content-Type means anything here, and bodies are left where they are until a handler wants them.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.addHook('onRequest', createGate(options, inFlight));
  app.setErrorHandler((error, _request, reply) => sendError(reply, error));
  app.setNotFoundHandler(createFallback(app));
  ollamaRoutes(app, {
    inference: options.inference,
    library: options.library,
    bodies: new BodyReader(limits),
    uploadIdleMs: limits.uploadIdleMs,
    version: options.version,
  });

  return {
    listen: (address) => listen(app, address),
    close: async () => {
      const closed = app.close();
      for (const controller of inFlight)
        controller.abort(new CriaError('cancelled', 'the server is shutting down'));
      const timer = setTimeout(() => app.server.closeAllConnections(), limits.closeGraceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

function createFastify(limits: HttpLimits, criaVersion: string): FastifyInstance {
  return fastify({
    logger: false,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 1024 },
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // A stream or an upload may take hours; heads and silent senders have limits of their own.
    requestTimeout: 0,
    http: {
      requestTimeout: 0,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, limits.headersTimeoutMs),
      maxHeaderSize: limits.maxHeaderBytes,
    },
    // A path that cannot be decoded; hooks do not run for it.
    frameworkErrors: (_error, _request, reply) => {
      reply.raw.setHeader(versionHeader, criaVersion);
      sendText(reply, '400 Bad Request', status.badRequest);
    },
    clientErrorHandler: refuseGarbage,
  });
}

type Gate = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

/** What happens to every request before its route: signal, log, Origin, Host. */
function createGate(options: AppOptions, inFlight: Set<AbortController>): Gate {
  const { criaVersion, log = silentLogger, origins = [], allowedHosts = [], machine = thisMachine } = options;
  const checkOrigin = createCors(origins);
  const checkHost = createHostCheck(allowedHosts, machine);

  return (request, reply, done) => {
    const { raw: response } = reply;
    const controller = abortOnClose(response);
    inFlight.add(controller);
    response.once('close', () => inFlight.delete(controller));
    request.closeSignal = controller.signal;
    request.notes = {};
    logWhenDone(log, request, reply);
    response.setHeader(versionHeader, criaVersion);

    const origin = checkOrigin(request.raw, response);
    if (origin === 'refused') {
      request.notes.error = `origin ${JSON.stringify(request.headers.origin)} is not allowed; see OLLAMA_ORIGINS`;
      return sendEmpty(reply, status.forbidden);
    }
    if (origin === 'preflight') return sendEmpty(reply, status.noContent);
    const host = checkHost(request.headers.host);
    if (host === 'refused') {
      request.notes.error = `host ${JSON.stringify(request.headers.host)} is not allowed; see CRIA_ALLOWED_HOSTS`;
      return sendEmpty(reply, status.forbidden);
    }
    if (host === 'name' && request.method === 'OPTIONS') return sendEmpty(reply, status.noContent);
    // Fastify would refuse a malformed one.
    delete request.raw.headers['content-type'];
    done();
  };
}

async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<string> {
  if (host !== '') return app.listen({ host, port });
  try {
    return await app.listen({ host: '::', port });
  } catch (error) {
    // A machine without IPv6.
    if (error instanceof Error && 'code' in error && error.code === 'EAFNOSUPPORT')
      return app.listen({ host: '0.0.0.0', port });
    throw error;
  }
}

/** What isn't HTTP, or has a head that is too long or too late. */
function refuseGarbage(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, reason] =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? [status.requestTimeout, 'Request Timeout']
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? [status.headersTooLarge, 'Request Header Fields Too Large']
        : [status.badRequest, 'Bad Request'];
  const text = `${code} ${reason}`;
  socket.end(
    `HTTP/1.1 ${text}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`,
  );
}
