/**
 * Guards against DNS rebinding: a web page whose name was made to point at this machine sends its own name as Host.
 *
 * Ollama skips this when it listens on other interfaces than loopback; a browser in the same network is no less dangerous
 * there, so here it always applies, and names that the machine goes by are configured (`allowedHosts`).
 */
import { BlockList, isIP, isIPv4 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

export type HostVerdict =
  | 'refused'
  /** An address: cannot be forged by a name server. */
  | 'address'
  | 'name';

const localNetworks = new BlockList();
for (const [net, prefix, family] of [
  ['127.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['0.0.0.0', 32, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['::', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
] as const) {
  localNetworks.addSubnet(net, prefix, family);
}

const localSuffixes = ['.localhost', '.local', '.internal'];

export interface Machine {
  readonly hostname: string;
  /** Asked on demand: interfaces come and go. */
  readonly addresses: () => readonly string[];
}

export const thisMachine: Machine = {
  hostname: hostname().toLowerCase(),
  addresses: () =>
    Object.values(networkInterfaces()).flatMap((entries) => entries?.map((entry) => entry.address) ?? []),
};

/**
 * Makes the check of a Host header. `allowedHosts` are further names, without a port; `*.example.org` allows what ends so,
 * `*` everything.
 */
export function createHostCheck(
  allowedHosts: readonly string[],
  machine: Machine = thisMachine,
): (header: string | undefined) => HostVerdict {
  const names = new Set(['', 'localhost', machine.hostname]);
  const suffixes = [...localSuffixes];
  for (const entry of allowedHosts.map((host) => host.trim().toLowerCase())) {
    if (entry === '*') suffixes.push('');
    else if (entry.startsWith('*.')) suffixes.push(entry.slice(1));
    else names.add(withoutPort(entry));
  }

  return (header) => {
    const host = withoutPort(header ?? '').toLowerCase();
    const family = isIP(host);
    if (family !== 0) {
      const isLocal =
        localNetworks.check(host, family === 4 ? 'ipv4' : 'ipv6') ||
        names.has(host) ||
        machine.addresses().includes(isIPv4(host) ? host : withoutZone(host));
      if (isLocal) return 'address';
    }
    return names.has(host) || suffixes.some((suffix) => host.endsWith(suffix)) ? 'name' : 'refused';
  };
}

/** `host:port` → host; brackets around an IPv6 address go too. What isn't of that form stays, and matches nothing. */
function withoutPort(header: string): string {
  const [, bracketed, bare] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header) ?? [];
  return bracketed ?? bare ?? header;
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/, '');
}
