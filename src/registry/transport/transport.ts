/** One HTTP exchange with the outside: no redirects, no credentials, addresses checked after DNS, silence bounded. */
import type { IncomingMessage, RequestOptions } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { PassingFailure, transferError } from '../failure.ts';
import { createRoutes, type Route, type RouteOptions } from './routes.ts';

export interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** With a stream, `headers` has its `content-length`. */
  readonly body?: Uint8Array | Readable;
  readonly signal: AbortSignal;
}

/** The head of an answer; the body is to be read to its end or destroyed. */
export interface Answer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: IncomingMessage;
  readonly url: URL;
}

export interface TransportOptions extends RouteOptions {
  readonly userAgent: string;
}

export interface Transport {
  /** `isNamed`: the user has named this host himself, so any address will do. Throws `forbidden` and `upstream`. */
  send(call: Call, isNamed: boolean): Promise<Answer>;
  /** Breaks off what is under way. */
  close(): void;
}

export function createTransport(options: TransportOptions): Transport {
  const { stallMs, userAgent } = options;
  const routes = createRoutes(options);
  return {
    send: async ({ method, url, headers, body, signal }, isNamed) => {
      const route = routes.to(url, isNamed);
      const request = {
        ...route.options,
        method,
        headers: { 'user-agent': userAgent, ...headers, ...route.headers },
        timeout: stallMs,
        signal,
      };
      try {
        const message = await exchange(url.host, { ...route, options: request }, body);
        return {
          status: message.statusCode ?? 0,
          header: (name) => {
            const value = message.headers[name];
            return Array.isArray(value) ? value[0] : value;
          },
          body: message,
          url,
        };
      } catch (error) {
        throw transferError(error, url.host, signal);
      }
    },
    close: () => routes.close(),
  };
}

/** Resolves when the head of the answer is there. */
function exchange(
  host: string,
  { request: send, options }: { request: Route['request']; options: RequestOptions & { timeout: number } },
  body: Call['body'],
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let message: IncomingMessage | undefined;
    const request = send(options, (received) => {
      message = received;
      // A body that is destroyed or breaks off while nobody reads it would bring the process down; readers are told all the same.
      received.on('error', () => {});
      // An answer that comes before the body has gone out, such as a redirect, wants no more of it.
      received.once('close', () => {
        if (!request.writableFinished) request.destroy();
      });
      resolve(received);
    });
    request.on('error', reject);
    request.on('timeout', () => {
      // When nobody reads, it is no silence of the other side: the disk is slow.
      const isHeld = message !== undefined && (message.isPaused() || message.readableLength > 0);
      if (isHeld) request.setTimeout(options.timeout);
      else {
        const silence = message === undefined ? 'does not answer' : 'has stopped sending';
        (message ?? request).destroy(new PassingFailure(`${host} ${silence}`));
      }
    });
    if (body === undefined || body instanceof Uint8Array) request.end(body);
    else pipeline(body, request, () => {}); // the request tells
  });
}
