import { createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseModelName } from '../store/name.ts';
import { closedPort } from '../util/testdata/closed-port.ts';
import { decodePrivateKey } from './auth/openssh-key.ts';
import { end, FakeRegistry, type Hook } from './testdata/fake-registry.ts';
import { addLayer, never, setUp } from './testdata/setup.ts';

const manifest = Buffer.from('{"schemaVersion":2}');

async function withManifest(hook?: Hook): Promise<FakeRegistry> {
  const fake = await FakeRegistry.start();
  fake.manifests.set('latest', manifest);
  if (hook !== undefined) fake.hook = hook;
  return fake;
}

/** A registry that wants a token, which it gives out itself; `realm` = another place to get one. */
async function guarded(realm?: (fake: FakeRegistry) => string): Promise<FakeRegistry> {
  const fake = await withManifest();
  let nTokens = 0;
  fake.hook = ({ path: requested, headers }, response) => {
    if (requested === '/token') {
      end(response, 200, JSON.stringify({ token: `t${++nTokens}` }));
      return true;
    }
    if (headers.authorization === `Bearer t${nTokens}`) return false;
    const from = realm?.(fake) ?? `http://${fake.host}/token?account=me`;
    response.setHeader(
      'www-authenticate',
      `Bearer realm="${from}",service="s v",scope="repository:a/b:pull other"`,
    );
    end(response, 401);
    return true;
  };
  return fake;
}

describe('a manifest', () => {
  it('comes byte for byte, asked for as Ollama asks', async () => {
    const fake = await withManifest();
    const { open } = await setUp();
    expect((await open(fake).fetchManifest({ signal: never }))?.equals(manifest)).toBe(true);
    expect(fake.seen).toMatchObject([
      {
        method: 'GET',
        path: '/v2/library/m/manifests/latest',
        headers: {
          accept: 'application/vnd.docker.distribution.manifest.v2+json',
          'user-agent': 'ollama/0.0.0 (test)',
        },
      },
    ]);
    expect(fake.seen[0]?.headers.authorization).toBeUndefined();
  });

  const failures: [string, Hook, string | RegExp, number][] = [
    [
      'missing',
      (_r, response) => {
        end(response, 404, 'x');
        return true;
      },
      /^file does not exist$/,
      1,
    ],
    [
      'refused',
      (_r, response) => {
        end(response, 412, 'update first');
        return true;
      },
      /^412: update first$/,
      1,
    ],
    [
      'failing',
      (_r, response) => {
        end(response, 502, 'gateway');
        return true;
      },
      /^max retries exceeded: 502: gateway$/,
      3,
    ],
    [
      'too large',
      (_r, response) => {
        response.on('error', () => {});
        response.end(Buffer.alloc(5 * 1024 * 1024));
        return true;
      },
      /has more than 4194304 bytes$/,
      1,
    ],
    [
      'with an endless error text',
      (_r, response) => {
        response.on('error', () => {});
        end(response, 400, 'x'.repeat(1_000_000));
        return true;
      },
      /^400: x{16384}$/,
      1,
    ],
    ['silent', () => true, /^max retries exceeded: 127.0.0.1:\d+ does not answer$/, 3],
    [
      'behind redirects without end',
      (_r, response) => {
        response.setHeader('location', '/v2/library/m/manifests/latest');
        end(response, 302);
        return true;
      },
      /^stopped after 10 redirects$/,
      11,
    ],
    [
      'behind a redirect to another protocol',
      (_r, response) => {
        response.setHeader('location', 'file:///etc/passwd');
        end(response, 302);
        return true;
      },
      /not encrypted/,
      1,
    ],
    [
      'behind a redirect to nonsense',
      (_r, response) => {
        response.setHeader('location', 'http://[');
        end(response, 302);
        return true;
      },
      /invalid address/,
      1,
    ],
  ];
  it.each(failures)('that is %s fails', async (_name, hook, message, nRequests) => {
    const fake = await withManifest(hook);
    const { open } = await setUp();
    await expect(open(fake).fetchManifest({ signal: never })).rejects.toMatchObject({
      code: 'upstream',
      message: expect.stringMatching(message),
    });
    expect(fake.seen).toHaveLength(nRequests);
  });

  it('fails at once when nobody is there', async () => {
    const { registry } = await setUp();
    const session = registry.open({
      name: parseModelName(`127.0.0.1:${await closedPort()}/a/b`),
      isInsecure: true,
    });
    await expect(session.fetchManifest({ signal: never })).rejects.toThrow(/ECONNREFUSED/);
  });

  it('is not waited for after a cancel', async () => {
    const fake = await withManifest(() => true);
    const { open } = await setUp();
    const controller = new AbortController();
    const waiting = open(fake).fetchManifest({ signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('a token', () => {
  it('is fetched with a signed request and used from then on', async () => {
    const fake = await guarded();
    const { open, stateDir } = await setUp();
    const session = open(fake);
    await session.fetchManifest({ signal: never });
    await session.fetchManifest({ signal: never });
    expect(
      fake.seen.map(({ path: requested, headers }) => [requested, headers.authorization?.slice(0, 9)]),
    ).toEqual([
      ['/v2/library/m/manifests/latest', undefined],
      ['/token', 'AAAAC3Nza'],
      ['/v2/library/m/manifests/latest', 'Bearer t1'],
      ['/v2/library/m/manifests/latest', 'Bearer t1'],
    ]);
    const { query, headers } = fake.requests('GET', '/token')[0] ?? {
      query: new URLSearchParams(),
      headers: {},
    };
    expect([...query.keys()]).toEqual(['account', 'nonce', 'scope', 'scope', 'service', 'ts']);
    expect(query.getAll('scope')).toEqual(['repository:a/b:pull', 'other']);
    expect(query.get('nonce')).toMatch(/^[\w-]{22}$/);
    expect(Math.abs(Number(query.get('ts')) - Date.now() / 1000)).toBeLessThan(30);
    const signed = `GET,http://${fake.host}/token?${query},ZTNiMGM0NDI5OGZjMWMxNDlhZmJmNGM4OTk2ZmI5MjQyN2FlNDFlNDY0OWI5MzRjYTQ5NTk5MWI3ODUyYjg1NQ==`;
    const privateKey = decodePrivateKey(await readFile(path.join(stateDir, 'id_ed25519'), 'utf8'));
    const signature = Buffer.from(headers.authorization?.split(':')[1] ?? '', 'base64');
    expect(verify(null, Buffer.from(signed), createPublicKey(privateKey), signature)).toBe(true);
  });

  it('is fetched once for all parts of a blob, and anew when it has expired', async () => {
    const fake = await guarded();
    const { layer } = addLayer(fake);
    const { open } = await setUp();
    await open(fake).fetchBlob(layer, { signal: never }).done;
    expect(fake.requests('GET', '/token')).toHaveLength(1);
  });

  it.each<[string, (fake: FakeRegistry) => string, RegExp]>([
    [
      'on another host',
      () => 'http://example.com/token',
      /^realm host "example.com" does not match original host "127/,
    ],
    ['on another port', () => 'http://127.0.0.1:1/token', /^realm host "127.0.0.1:1" does not match/],
    ['that is nonsense', () => 'token', /^invalid realm "token"$/],
    ['of another protocol', (fake) => `ftp://${fake.host}/token`, /not encrypted/],
  ])('is not asked for at a realm %s', async (_name, realm, message) => {
    const fake = await guarded(realm);
    const { open } = await setUp();
    await expect(open(fake).fetchManifest({ signal: never })).rejects.toThrow(message);
    expect(fake.seen).toHaveLength(1);
  });

  it.each<[string, number, string, RegExp]>([
    ['refused', 403, 'no', /^403: no$/],
    ['no JSON', 200, 'x', /no valid token/],
    ['no text', 200, '{"token":1}', /no valid token/],
    ['a header injection', 200, '{"token":"a\\r\\nx: y"}', /no valid token/],
    ['endless', 200, `{"token":"${'x'.repeat(70_000)}"}`, /more than 65536 bytes/],
    ['a redirect', 307, '', /no valid token/],
  ])('that is %s fails', async (_name, status, body, message) => {
    const fake = await guarded();
    const { hook } = fake;
    fake.hook = (request, response, incoming) => {
      if (request.path !== '/token') return hook(request, response, incoming);
      if (status === 307) response.setHeader('location', '/elsewhere');
      response.on('error', () => {});
      end(response, status, body);
      return true;
    };
    const { open } = await setUp();
    await expect(open(fake).fetchManifest({ signal: never })).rejects.toThrow(message);
  });

  it.each<[string, string | undefined]>([
    ['refused again', 'Bearer realm="http://HOST/token",service="s"'],
    ['asked for in a way that is not known', 'Basic realm="x"'],
    ['not said how to get', undefined],
  ])('that is %s means no access', async (_name, challenge) => {
    const fake = await withManifest();
    fake.hook = ({ path: requested }, response) => {
      if (requested === '/token') {
        end(response, 200, '{"token":"t"}');
        return true;
      }
      if (challenge !== undefined)
        response.setHeader('www-authenticate', challenge.replace('HOST', fake.host));
      end(response, 401);
      return true;
    };
    const { open } = await setUp();
    await expect(open(fake).fetchManifest({ signal: never })).rejects.toThrow('unauthorized: access denied');
  });
});

describe('a redirect', () => {
  /** `from` sends everybody who wants a blob to `to`. */
  function redirect(from: FakeRegistry, to: string): void {
    const { hook } = from;
    from.hook = (request, response, incoming) => {
      if (!request.path.includes('/blobs/')) return hook(request, response, incoming);
      response.setHeader('location', `${to}${request.path}`);
      end(response, 307);
      return true;
    };
  }

  it('to another host takes no token along', async () => {
    const [fake, storage] = [await guarded(), await FakeRegistry.start()];
    const { layer } = addLayer(storage);
    redirect(fake, `http://localhost:${storage.port}`);
    const { open } = await setUp({ privateHosts: ['LocalHost'] });
    const session = open(fake);
    await session.fetchManifest({ signal: never });
    await session.fetchBlob(layer, { signal: never }).done;
    expect(fake.requests('GET', '/blobs/')[0]?.headers.authorization).toBe('Bearer t1');
    expect(storage.seen).toHaveLength(6);
    for (const { headers } of storage.seen) expect(headers.authorization).toBeUndefined();
  });

  it('to another port of the same host takes no token along, either', async () => {
    const [fake, storage] = [await guarded(), await FakeRegistry.start()];
    const { layer } = addLayer(storage);
    redirect(fake, `http://${storage.host}`);
    const { open } = await setUp();
    const session = open(fake);
    await session.fetchManifest({ signal: never });
    await session.fetchBlob(layer, { signal: never }).done;
    for (const { headers } of storage.seen) expect(headers.authorization).toBeUndefined();
  });

  it.each([
    'http://localhost:1',
    'http://127.0.0.2:1',
    'http://[::1]:1',
    'http://[::ffff:127.0.0.1]:1',
    'http://10.0.0.1',
    'http://169.254.169.254',
    'http://2130706433:1',
    'http://0x7f.1:1',
    'http://a.localhost',
  ])('to %s is refused', async (target) => {
    const fake = await FakeRegistry.start();
    const { layer } = addLayer(fake);
    redirect(fake, target);
    const { open } = await setUp();
    await expect(open(fake).fetchBlob(layer, { signal: never }).done).rejects.toMatchObject({
      code: target.includes('2130706433') || target.includes('0x7f') ? 'upstream' : 'forbidden',
    });
  });

  it.each([400, 401, 403, 404])('is remembered until the address has expired (%d)', async (status) => {
    const [fake, storage] = [await FakeRegistry.start(), await FakeRegistry.start()];
    const { layer, bytes } = addLayer(storage);
    redirect(fake, `http://${storage.host}`);
    let n = 0;
    storage.hook = (_request, response) => {
      if (++n !== 3) return false;
      end(response, status, 'expired');
      return true;
    };
    const { open, test } = await setUp({ settings: { parallelParts: 1 } });
    await open(fake).fetchBlob(layer, { signal: never }).done;
    expect([fake.seen.length, storage.seen.length]).toEqual([2, 7]);
    expect((await test.store.blobs.read(layer.digest, 1e6)).equals(bytes)).toBe(true);
  });

  it('to an address that has expired at once is followed anew', async () => {
    const [fake, storage] = [await FakeRegistry.start(), await FakeRegistry.start()];
    const { layer } = addLayer(storage);
    redirect(fake, `http://${storage.host}`);
    let n = 0;
    storage.hook = (_request, response) => {
      if (++n > 1) return false;
      end(response, 403, 'expired');
      return true;
    };
    const { open } = await setUp({ settings: { parallelParts: 1 } });
    await open(fake).fetchBlob(layer, { signal: never }).done;
    expect([fake.seen.length, storage.seen.length]).toEqual([2, 7]);
  });
});

describe('a proxy', () => {
  it('is asked for http', async () => {
    const proxy = await withManifest();
    const { registry } = await setUp({ proxy: { http: `http://${proxy.host}`, https: '', none: [] } });
    const session = registry.open({ name: parseModelName('registry.example/a/b'), isInsecure: true });
    expect((await session.fetchManifest({ signal: never }))?.equals(manifest)).toBe(true);
    expect(proxy.seen).toMatchObject([
      { path: '/v2/a/b/manifests/latest', headers: { host: 'registry.example' } },
    ]);
  });

  it('that refuses a tunnel for https is named', async () => {
    const connects: string[] = [];
    const proxy = createServer();
    proxy.on('connect', ({ url = '', headers }, socket) => {
      connects.push(`${url} ${headers['proxy-authorization']}`);
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    onTestFinished(() => void proxy.close());
    const { port } = proxy.address() as AddressInfo;
    const { registry } = await setUp({
      proxy: { http: '', https: `http://me:a%40b@127.0.0.1:${port}`, none: [] },
    });
    const session = registry.open({ name: parseModelName('registry.example/a/b'), isInsecure: false });
    await expect(session.fetchManifest({ signal: never })).rejects.toThrow(
      /^proxy 127.0.0.1:\d+ answered CONNECT with status 403$/,
    );
    expect(connects[0]).toBe('registry.example:443 Basic bWU6YUBi');
  });

  it('that hangs up is an error', async () => {
    const proxy = createServer();
    proxy.on('connect', (_request, socket) => socket.destroy());
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    onTestFinished(() => void proxy.close());
    const { port } = proxy.address() as AddressInfo;
    const { registry } = await setUp({ proxy: { http: '', https: `127.0.0.1:${port}`, none: [] } });
    const session = registry.open({ name: parseModelName('registry.example/a/b'), isInsecure: false });
    await expect(session.fetchManifest({ signal: never })).rejects.toThrow(
      /proxy 127.0.0.1:\d+: socket hang up$/,
    );
  });
});
