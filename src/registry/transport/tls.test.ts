/** Registries over https: who vouches for them, directly and through a proxy's tunnel. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLogger, silentLogger } from '../../log.ts';
import { parseModelName } from '../../store/name.ts';
import type { RegistryOptions } from '../registry.ts';
import { never, setUp } from '../testdata/setup.ts';
import { readCertificates } from './certificates.ts';

const file = (name: string): string => path.join(import.meta.dirname, 'testdata', name);
const manifest = '{"schemaVersion":2}';

/** An https server whose certificate nobody knows; counts its connections. */
async function startSecure(): Promise<{ port: number; nConnections: () => number }> {
  const key = readFileSync(file('key.pem'));
  let nConnections = 0;
  const server = createServer({ key, cert: readFileSync(file('certificate.pem')) }, (_request, response) =>
    response.end(manifest),
  );
  server.on('secureConnection', () => {
    nConnections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, nConnections: () => nConnections };
}

async function fetchFrom(host: string, options: Partial<RegistryOptions>): Promise<string> {
  const { registry } = await setUp(options);
  const session = registry.open({ name: parseModelName(`${host}/a/b`), isInsecure: false });
  await session.fetchManifest({ signal: never });
  return String(await session.fetchManifest({ signal: never }));
}

describe('a certificate', () => {
  it('that nobody vouches for ends it at once', async () => {
    const { port } = await startSecure();
    await expect(fetchFrom(`localhost:${port}`, {})).rejects.toMatchObject({
      code: 'upstream',
      message: expect.stringMatching(/^localhost:\d+: self-signed certificate$/),
    });
  });

  it('in SSL_CERT_FILE is trusted; a connection serves again', async () => {
    const { port, nConnections } = await startSecure();
    const certificates = await readCertificates(file('certificate.pem'), silentLogger);
    expect(await fetchFrom(`localhost:${port}`, { certificates })).toBe(manifest);
    expect(nConnections()).toBe(1);
  });

  it('of another name is refused', async () => {
    const { port } = await startSecure();
    const certificates = await readCertificates(file('certificate.pem'), silentLogger);
    await expect(fetchFrom(`127.0.0.2:${port}`, { certificates })).rejects.toMatchObject({
      code: 'upstream',
    });
  });
});

it('a tunnel carries https to the host itself, with its own certificate', async () => {
  const { port } = await startSecure();
  const targets: string[] = [];
  const proxy = createHttpServer();
  proxy.on('connect', ({ url = '' }, client) => {
    targets.push(url);
    const upstream = connect(port, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    upstream.pipe(client).pipe(upstream);
    for (const socket of [client, upstream]) socket.on('error', () => {});
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => void proxy.close());
  const certificates = await readCertificates(file('certificate.pem'), silentLogger);
  const https = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const options = { certificates, proxy: { http: '', https, none: [] } };
  expect(await fetchFrom('registry.example', options)).toBe(manifest);
  expect(targets).toEqual(['registry.example:443']);
  await expect(fetchFrom('other.example', options)).rejects.toMatchObject({
    message: expect.stringContaining("does not match certificate's altnames"),
  });
});

it.each<[string, string | undefined]>([
  ['is not there', undefined],
  ['is empty', ''],
  ['has no certificate in it', 'hello'],
  ['is damaged', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
])('a file of certificates that %s is told and left out', async (_name, text) => {
  const { test } = await setUp();
  const target = path.join(test.root, '..', 'ca.pem');
  if (text !== undefined) writeFileSync(target, text);
  const logged: string[] = [];
  const log = createLogger('info', (line) => logged.push(line));
  expect(await readCertificates(target, log)).toBeUndefined();
  expect(logged.join()).toContain('cannot use the certificates');
});
