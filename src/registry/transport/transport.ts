/** One HTTP exchange with the outside: no redirects, no credentials, addresses checked after DNS, silence bounded. */
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
import { CriaError } from '../../errors.ts';
import { transferError } from '../failure.ts';
import { isLocalName, isPublicAddress } from './address.ts';
import { type ChooseProxy, createProxyChooser, type ProxySettings } from './proxy.ts';
import { createTunnel } from './tunnel.ts';

export interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** With a stream, `headers` has its `content-length`. */
  readonly body?: Uint8Array | Readable;
  readonly signal: AbortSignal;
}

/** The head of an answer; the body is to be read, dumped or destroyed. */
export interface Answer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: Readable & { dump(options: { limit: number }): Promise<void> };
  readonly url: URL;
}

export interface TransportOptions {
  readonly proxy: ProxySettings;
  /** Hosts that may have private addresses although only a redirect leads to them. */
  readonly privateHosts: readonly string[];
  readonly stallMs: number;
  readonly connectTimeoutMs: number;
  readonly userAgent: string;
}

export interface Transport {
  /** `isNamed`: the user has named this host himself, so any address will do. Throws `forbidden` and `upstream`. */
  send(call: Call, isNamed: boolean): Promise<Answer>;
  close(): Promise<void>;
}

export function createTransport(options: TransportOptions): Transport {
  const { stallMs, connectTimeoutMs, userAgent } = options;
  const timing = { headersTimeout: stallMs, bodyTimeout: stallMs };
  const chooseProxy: ChooseProxy = createProxyChooser(options.proxy);
  const privateHosts = new Set(options.privateHosts.map((host) => host.toLowerCase()));
  const open = new Agent({ ...timing, connect: { timeout: connectTimeoutMs } });
  const guarded = new Agent({ ...timing, connect: { timeout: connectTimeoutMs, lookup: lookupPublic } });
  const proxies = new Map<string, Dispatcher>();

  function dispatcherFor(url: URL, isNamed: boolean): Dispatcher {
    const mayBePrivate = isNamed || privateHosts.has(url.hostname.toLowerCase());
    if (!mayBePrivate) requirePublicName(url);
    const proxy = chooseProxy(url);
    // Behind a proxy only the proxy knows the address.
    if (proxy !== undefined) return proxyAgent(proxy, url.protocol);
    return mayBePrivate ? open : guarded;
  }

  function proxyAgent(proxy: URL, protocol: string): Dispatcher {
    const key = `${protocol} ${proxy.href}`;
    let agent = proxies.get(key);
    if (agent === undefined) {
      agent =
        protocol === 'https:'
          ? new Agent({ ...timing, connect: createTunnel(proxy, connectTimeoutMs) })
          : new ProxyAgent({ ...timing, uri: proxy.href, proxyTunnel: false });
      proxies.set(key, agent);
    }
    return agent;
  }

  return {
    send: async ({ method, url, headers, body, signal }, isNamed) => {
      const dispatcher = dispatcherFor(url, isNamed);
      try {
        const answer = await request(url, {
          method,
          headers: { 'user-agent': userAgent, ...headers },
          body: body ?? null,
          signal,
          dispatcher,
        });
        // A body that is destroyed or breaks off while nobody reads it would bring the process down; readers are told all the same.
        answer.body.on('error', () => {});
        return {
          status: answer.statusCode,
          header: (name) => {
            const value = answer.headers[name];
            return Array.isArray(value) ? value[0] : value;
          },
          body: answer.body,
          url,
        };
      } catch (error) {
        throw transferError(error, url.host, signal);
      }
    },
    close: async () => {
      await Promise.all([open, guarded, ...proxies.values()].map((agent) => agent.destroy()));
    },
  };
}

function requirePublicName(url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isLocalName(host) || (isIP(host) !== 0 && !isPublicAddress(host))) throw privateAddress(host);
}

/** Resolves names, leaving out addresses that are not public; sockets connect to nothing else, so DNS cannot change its mind. */
const lookupPublic: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, found: LookupAddress[] | undefined) => {
    if (error !== null) {
      callback(error, '');
      return;
    }
    const allowed = (found ?? []).filter(({ address }) => isPublicAddress(address));
    const [first] = allowed;
    if (first === undefined) callback(privateAddress(hostname), '');
    else if (options.all === true) callback(null, allowed);
    else callback(null, first.address, first.family);
  });
};

function privateAddress(host: string): CriaError {
  return new CriaError(
    'forbidden',
    `refused to connect to ${host}: a redirect must not lead to a private address`,
  );
}
