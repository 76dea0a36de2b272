/** Connections for https through an HTTP proxy (CONNECT, RFC 9110 §9.3.6). */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import { PassingFailure, upstreamError } from '../failure.ts';

/** A connector for undici's Agent. undici's own ProxyAgent waits for ever when the proxy hangs up. */
export function createTunnel(proxy: URL, timeoutMs: number): buildConnector.connector {
  const secure = buildConnector({ timeout: timeoutMs });
  return (options, callback) => {
    const port = options.port || (options.protocol === 'https:' ? '443' : '80');
    const target = `${options.hostname}:${port}`;
    const fail = (error: Error): void => {
      connecting.destroy();
      callback(error, null);
    };
    const onError = (error: Error): void =>
      fail(new PassingFailure(`proxy ${proxy.host}: ${error.message}`, { cause: error }));
    const connecting = (proxy.protocol === 'https:' ? requestHttps : requestHttp)({
      hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || undefined,
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...proxyAuthorization(proxy) },
      agent: false,
      timeout: timeoutMs,
    });
    connecting.once('error', onError);
    connecting.once('timeout', () => connecting.destroy(new Error('it does not answer')));
    connecting.once('connect', (response, tunnel: Socket) => {
      connecting.off('error', onError);
      connecting.on('error', () => {}); // the tunnel has it from here on
      tunnel.setTimeout(0);
      if (response.statusCode === 200) secure({ ...options, httpSocket: tunnel }, callback);
      else {
        tunnel.destroy();
        fail(upstreamError(`proxy ${proxy.host} answered CONNECT with status ${response.statusCode}`));
      }
    });
    connecting.end();
  };
}

function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
