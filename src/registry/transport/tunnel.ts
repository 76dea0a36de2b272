/** Connections for https through an HTTP proxy (CONNECT, RFC 9110 §9.3.6). */
import { request as requestHttp } from 'node:http';
import { Agent, type AgentOptions, request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { PassingFailure, upstreamError } from '../failure.ts';
import { proxyAuthorization } from './proxy.ts';

/** What an agent is told about the connection that it is to make. */
interface Target extends ConnectionOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}

export class TunnelAgent extends Agent {
  readonly #proxy: URL;
  readonly #timeoutMs: number;

  constructor(proxy: URL, timeoutMs: number, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
    this.#timeoutMs = timeoutMs;
  }

  /** The socket comes with the callback. */
  override createConnection(target: Target, done: (error: Error | null, socket: Duplex) => void): undefined {
    this.#open(target).then(
      (socket) => done(null, connectTls({ ...target, socket })),
      // An agent looks at the socket only when there is no error.
      (error: Error) => done(error, undefined as never),
    );
  }

  #open({ host = '', port = 443 }: Target): Promise<Socket> {
    const proxy = this.#proxy;
    const target = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    return new Promise((resolve, reject) => {
      const connecting = (proxy.protocol === 'https:' ? requestHttps : requestHttp)({
        hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
        port: proxy.port || undefined,
        method: 'CONNECT',
        path: target,
        headers: { host: target, ...proxyAuthorization(proxy) },
        agent: false,
        timeout: this.#timeoutMs,
      });
      connecting.on('error', (error) =>
        reject(new PassingFailure(`proxy ${proxy.host}: ${error.message}`, { cause: error })),
      );
      connecting.on('timeout', () => connecting.destroy(new Error('it does not answer')));
      connecting.once('connect', (response, tunnel: Socket) => {
        tunnel.setTimeout(0); // the request that comes through has its own
        if (response.statusCode === 200) {
          resolve(tunnel);
          return;
        }
        tunnel.destroy();
        reject(upstreamError(`proxy ${proxy.host} answered CONNECT with status ${response.statusCode}`));
      });
      connecting.end();
    });
  }
}
