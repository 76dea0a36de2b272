/** Which network addresses belong to the public internet. */
import { BlockList, isIP } from 'node:net';

/** Ranges of the IANA special-purpose registries that must not be reached on a stranger's word. */
const special: readonly (readonly [net: string, prefix: number, family: 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'], // this network
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'], // carrier-grade NAT; also a cloud's metadata service
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'], // link-local; metadata services of clouds
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'], // multicast, reserved, broadcast
];
const specialV6: readonly (readonly [net: string, prefix: number, family: 'ipv6'])[] = [
  ['::', 96, 'ipv6'], // unspecified, loopback, IPv4-compatible
  ['64:ff9b:1::', 48, 'ipv6'],
  ['100::', 64, 'ipv6'],
  ['2001::', 23, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'], // 6to4 carries any IPv4 address
  ['64:ff9b::', 96, 'ipv6'], // so does NAT64
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
];

// Lists of their own: a list with both families also tells IPv4-mapped addresses by the IPv4 rules, which is done below.
const blockedV4 = new BlockList();
for (const [net, prefix, family] of special) blockedV4.addSubnet(net, prefix, family);
const blockedV6 = new BlockList();
for (const [net, prefix, family] of specialV6) blockedV6.addSubnet(net, prefix, family);

/** False for private, loopback, link-local, metadata and other special addresses, and for what is no address. */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/%.*$/, ''); // a zone
  const version = isIP(bare);
  if (version === 4) return !blockedV4.check(bare, 'ipv4');
  if (version !== 6) return false;
  const mapped = mappedV4(bare);
  if (mapped !== undefined) return !blockedV4.check(mapped, 'ipv4');
  return !blockedV6.check(bare, 'ipv6');
}

/** The IPv4 address inside of `::ffff:a.b.c.d`, which may also be written in hexadecimal. */
function mappedV4(address: string): string | undefined {
  // URL writes IPv6 addresses in their one canonical form.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const match = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (match === null) return undefined;
  const [high, low] = [Number.parseInt(match[1] ?? '', 16), Number.parseInt(match[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** A name that never leaves the machine, whatever the resolver says. */
export function isLocalName(hostname: string): boolean {
  return /^(?:.*\.)?localhost\.?$/i.test(hostname);
}
