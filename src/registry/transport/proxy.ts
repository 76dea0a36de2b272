/** Which proxy a request goes through, by the usual variables as Go's programs read them. */
import { BlockList, isIP } from 'node:net';
import { isLocalName } from './address.ts';

export interface ProxySettings {
  /** HTTP_PROXY; '' = none. Without a scheme it is http. */
  readonly http: string;
  /** HTTPS_PROXY. */
  readonly https: string;
  /** NO_PROXY: names (with their subdomains), addresses, networks, each with a port if need be; `*` = everything. */
  readonly none: readonly string[];
}

export type ChooseProxy = (url: URL) => URL | undefined;

/** This machine is never reached through a proxy. Texts that are no URLs count as none. */
export function createProxyChooser({ http, https, none }: ProxySettings): ChooseProxy {
  const proxies: Readonly<Record<string, URL | undefined>> = {
    'http:': parseProxy(http),
    'https:': parseProxy(https),
  };
  const rules = none.map(parseRule);
  return (url) => {
    const proxy = proxies[url.protocol];
    if (proxy === undefined) return undefined;
    const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    if (isLocalName(host) || host === '::1' || host.startsWith('127.')) return undefined;
    return rules.some((matches) => matches(host, port)) ? undefined : proxy;
  };
}

function parseProxy(text: string): URL | undefined {
  if (text === '') return undefined;
  try {
    return new URL(/^[a-z0-9]+:\/\//i.test(text) ? text : `http://${text}`);
  } catch {
    return undefined; // as Go: an unreadable proxy is no proxy
  }
}

type Rule = (host: string, port: string) => boolean;

function parseRule(text: string): Rule {
  const rule = text.trim().toLowerCase();
  if (rule === '*') return () => true;
  const network = /^(.+)\/(\d+)$/.exec(rule);
  if (network !== null) return networkRule(network[1] ?? '', Number(network[2]));
  const [, name = rule, wantedPort] = /^(\[.+\]|[^:]+)(?::(\d+))?$/.exec(rule) ?? [];
  const bare = name.replace(/^\[|\]$/g, '').replace(/^\*\./, '.');
  return (host, port) => {
    if (wantedPort !== undefined && wantedPort !== port) return false;
    if (bare.startsWith('.')) return host.endsWith(bare);
    return host === bare || (isIP(host) === 0 && host.endsWith(`.${bare}`));
  };
}

function networkRule(address: string, prefix: number): Rule {
  const family = isIP(address);
  if (family === 0 || prefix > (family === 4 ? 32 : 128)) return () => false;
  const list = new BlockList();
  list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return (host) => isIP(host) === family && list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** The header for a proxy whose URL has a user and a password. */
export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
