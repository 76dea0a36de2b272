/** OLLAMA_HOST: where the server listens and where clients look for it. */
import { isIPv6 } from 'node:net';

export interface HostAddress {
  readonly scheme: 'http' | 'https';
  /** Name or address without brackets; '' = every interface. */
  readonly hostname: string;
  /** 0 to 65535; 0 = any free port (for a server). */
  readonly port: number;
  /** Prefix of all paths for clients behind a proxy: '' or `/a/b`, no slash at its end. */
  readonly path: string;
  /** What a client connects to; an address that stands for every interface is replaced by the loopback address. */
  readonly url: string;
  /** True when a server for this address runs on this machine, so that the command line may start it. */
  readonly isLocal: boolean;
}

const defaultHostname = '127.0.0.1';
const defaultPort = 11434;

/**
 * Reads `[scheme://][host][:port][/path]` by Ollama's rules: the port defaults to 80 or 443 after an explicit scheme and
 * to 11434 otherwise, IPv6 addresses may stand without brackets, a port that is none is replaced by the default.
 * `warn` is told about what was replaced.
 */
export function parseHost(text: string, warn: (message: string) => void = () => {}): HostAddress {
  const { scheme, rest, schemePort } = splitScheme(text, warn);
  const slash = rest.indexOf('/');
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? '' : rest.slice(slash).replace(/\/+$/, '');
  const split = splitPort(authority);
  let port = schemePort;
  if (split.port !== undefined) {
    const number = /^\+?\d+$/.test(split.port) ? Number(split.port) : Number.NaN;
    if (number <= 65535) port = number;
    else warn(`invalid port ${JSON.stringify(split.port)}, using ${port}`);
  }
  const hostname = canonical(split.hostname);
  const connectTo = connectable(hostname);
  return {
    scheme,
    hostname,
    port,
    path,
    url: `${scheme}://${isIPv6(connectTo) ? `[${connectTo}]` : connectTo}:${port}${path}`,
    isLocal: isLoopback(connectTo),
  };
}

function splitScheme(
  text: string,
  warn: (message: string) => void,
): { scheme: 'http' | 'https'; rest: string; schemePort: number } {
  if (text === 'ollama.com') return { scheme: 'https', rest: text, schemePort: 443 };
  const [before, ...after] = text.split('://');
  if (after.length === 0) return { scheme: 'http', rest: text, schemePort: defaultPort };
  const rest = after.join('://');
  switch (before?.toLowerCase()) {
    case 'http':
      return { scheme: 'http', rest, schemePort: 80 };
    case 'https':
      return { scheme: 'https', rest, schemePort: 443 };
    default:
      warn(`unknown scheme ${JSON.stringify(before)}, using http`);
      return { scheme: 'http', rest, schemePort: defaultPort };
  }
}

/** Cuts a port off; text with several colons and no brackets is an address without one. */
function splitPort(authority: string): { hostname: string; port: string | undefined } {
  const bracketed = /^\[([^[\]]*)\](?::(.*))?$/.exec(authority);
  if (bracketed !== null) return { hostname: bracketed[1] ?? '', port: bracketed[2] };
  const parts = authority.split(':');
  if (parts.length === 2) return { hostname: parts[0] ?? '', port: parts[1] };
  return { hostname: authority === '' ? defaultHostname : authority, port: undefined };
}

/** One spelling for each IPv6 address. */
function canonical(hostname: string): string {
  if (!isIPv6(hostname) || hostname.includes('%')) return hostname;
  return new URL(`http://[${hostname}]`).hostname.slice(1, -1);
}

function connectable(hostname: string): string {
  if (hostname === '' || hostname === '0.0.0.0') return '127.0.0.1';
  return hostname === '::' ? '::1' : hostname;
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === '::1' || /^127(?:\.\d{1,3}){3}$/.test(hostname) || hostname.toLowerCase() === 'localhost'
  );
}
