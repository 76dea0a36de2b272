/** How an address is reached: directly, through a proxy, or only if it is public. Keeps connections for the next request. */
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { Agent as HttpAgent, type AgentOptions as HttpAgentOptions, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { CriaError } from '../../errors.ts';
import { isLocalName, isPublicAddress } from './address.ts';
import { createProxyChooser, type ProxySettings, proxyAuthorization } from './proxy.ts';
import { reuseBuffers } from './reused-buffer.ts';
import { TunnelAgent } from './tunnel.ts';

export interface RouteOptions {
  readonly proxy: ProxySettings;
  /** Certificates (PEM) that vouch for hosts, instead of those that Node knows; undefined = Node's. */
  readonly certificates?: readonly string[] | undefined;
  /** Hosts that may have private addresses although only a redirect leads to them. */
  readonly privateHosts: readonly string[];
  readonly stallMs: number;
}

export interface Route {
  readonly request: typeof requestHttp;
  /** Where to connect to, what to ask for, and the agent that does it. */
  readonly options: {
    readonly hostname: string;
    readonly port: string;
    readonly path: string;
    readonly agent: HttpAgent | HttpsAgent;
  };
  readonly headers: Readonly<Record<string, string>>;
}

export interface Routes {
  /** Throws `forbidden` for a private address unless the user named it. */
  to(url: URL, isNamed: boolean): Route;
  close(): void;
}

export function createRoutes(options: RouteOptions): Routes {
  const { stallMs } = options;
  const chooseProxy = createProxyChooser(options.proxy);
  const privateHosts = new Set(options.privateHosts.map((host) => host.toLowerCase()));
  const agents = new Map<string, HttpAgent | HttpsAgent>();
  let context: SecureContext | undefined;

  function agentFor<T extends HttpAgent | HttpsAgent>(key: string, create: () => T): T {
    const known = agents.get(key);
    // The key tells the kind of agent.
    if (known !== undefined) return known as T;
    const created = create();
    agents.set(key, created);
    return created;
  }

  function socketOptions(isSecure: boolean): HttpAgentOptions & { secureContext?: SecureContext } {
    const common = { keepAlive: true, timeout: stallMs };
    if (!isSecure || options.certificates === undefined) return common;
    context ??= createSecureContext({ ca: [...options.certificates] });
    return { ...common, secureContext: context };
  }

  function direct(url: URL, mayBePrivate: boolean): Route {
    const isSecure = url.protocol === 'https:';
    const agent = agentFor(`${url.protocol} ${mayBePrivate}`, () => {
      const agentOptions = { ...socketOptions(isSecure), ...(mayBePrivate ? {} : { lookup: lookupPublic }) };
      return reuseBuffers(isSecure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions));
    });
    return {
      request: isSecure ? requestHttps : requestHttp,
      options: { ...target(url), agent },
      headers: {},
    };
  }

  function throughProxy(url: URL, proxy: URL): Route {
    if (url.protocol === 'https:') {
      const agent = agentFor(
        `tunnel ${proxy.href}`,
        () => new TunnelAgent(proxy, stallMs, socketOptions(true)),
      );
      return { request: requestHttps, options: { ...target(url), agent }, headers: {} };
    }
    const { hostname, port } = target(proxy);
    const { options: found, request } = direct(proxy, true);
    return {
      request,
      options: { hostname, port, path: url.href, agent: found.agent },
      headers: { host: url.host, ...proxyAuthorization(proxy) },
    };
  }

  return {
    to: (url, isNamed) => {
      const mayBePrivate = isNamed || privateHosts.has(url.hostname.toLowerCase());
      if (!mayBePrivate) requirePublicName(url);
      const proxy = chooseProxy(url);
      // Behind a proxy only the proxy knows the address.
      return proxy === undefined ? direct(url, mayBePrivate) : throughProxy(url, proxy);
    },
    close: () => {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

function target(url: URL): { hostname: string; port: string; path: string } {
  return {
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || (url.protocol === 'https:' ? '443' : '80'),
    path: url.pathname + url.search,
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
