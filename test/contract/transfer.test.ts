/** Every way in which pull and push can fail, as a client sees it: through http, library and registry, from a registry on loopback. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { lines, start } from '../../src/http/testdata/harness.ts';
import { temporaryLibrary } from '../../src/library/testdata/test-library.ts';
import { silentLogger } from '../../src/log.ts';
import { createRegistry } from '../../src/registry/registry.ts';
import { end, FakeRegistry, type Hook } from '../../src/registry/testdata/fake-registry.ts';
import type { Registry } from '../../src/registry/types.ts';

type Call = Awaited<ReturnType<typeof start>>['call'];

interface World {
  readonly call: Call;
  readonly fake: FakeRegistry;
  /** `127.0.0.1:<port>/library/m`. */
  readonly model: string;
  /** A model of this name is in the store. */
  add(name: string): Promise<void>;
  statuses(route: string): Promise<string[]>;
}

async function setUp(): Promise<World> {
  const fake = await FakeRegistry.start();
  let registry: Registry | undefined;
  const open: Registry['open'] = (remote) => {
    registry ??= createRegistry({
      paths: test.store.paths,
      blobs: test.store.blobs,
      stateDir: test.root,
      proxy: { http: '', https: '', none: [] },
      privateHosts: [],
      userAgent: 'test',
      log: silentLogger,
      settings: { backoffMs: 1, maxAttempts: 2, stallMs: 300 },
    });
    return registry.open(remote);
  };
  const test = await temporaryLibrary({ registry: { open } });
  onTestFinished(async () => {
    await registry?.close();
    await test.remove();
  });
  const { call } = await start({ library: test.library });
  const model = `${fake.host}/library/m`;
  const statuses = async (route: string): Promise<string[]> => {
    const reply = await call('POST', route, { body: { model, insecure: true } });
    return lines(reply.text).map((line) => String(Object(line).status ?? `error: ${Object(line).error}`));
  };
  return { call, fake, model, add: (name) => test.addModel(name, {}), statuses };
}

/** Answers requests for what contains `part`; leaves the others to the registry. */
function when(part: string, answer: (...args: Parameters<Hook>) => void): Hook {
  return (request, response, incoming) => {
    if (!request.path.includes(part)) return false;
    answer(request, response, incoming);
    return true;
  };
}

const digest = `sha256:${'a'.repeat(64)}`;
const weights = { mediaType: 'application/vnd.ollama.image.model', digest, size: 5 };
const manifestOf = (...layers: unknown[]): string => JSON.stringify({ schemaVersion: 2, layers });
const status = (code: number, body = ''): Hook =>
  when('/manifests/', (_r, response) => end(response, code, body));
const challenge =
  (realm: (host: string) => string): Hook =>
  ({ headers }, response) => {
    response.setHeader(
      'www-authenticate',
      `Bearer realm="${realm(headers.host ?? '')}",service="s",scope="x"`,
    );
    end(response, 401);
    return true;
  };

describe('POST /api/pull', () => {
  it.each<[string, unknown, number, string]>([
    ['no body', undefined, 400, 'missing request body'],
    ['no name', {}, 400, 'invalid model name'],
    ['an empty name', { model: '' }, 400, 'invalid model name'],
    ['no proper name', { model: 'a b' }, 400, 'invalid model name'],
    ['a path', { model: '../../etc/passwd' }, 400, 'invalid model name'],
    [
      'two source suffixes',
      { model: 'm:cloud:local' },
      400,
      'use either :local or :cloud, not both: "m:cloud:local"',
    ],
    [
      'a model of a cloud',
      { model: 'm:cloud' },
      403,
      'ollama cloud is disabled: remote model is unavailable',
    ],
  ])('refuses %s before it begins', async (_name, body, code, error) => {
    const { call } = await setUp();
    const reply = await call('POST', '/api/pull', body === undefined ? {} : { body });
    expect([reply.status, JSON.parse(reply.text)]).toEqual([code, { error: expect.stringContaining(error) }]);
  });

  const unreachable = (): Hook => (_request, response) => {
    response.destroy();
    return true;
  };
  it.each<[string, Hook | string, RegExp]>([
    ['no such model', status(404), /^pull model manifest: file does not exist$/],
    ['a registry that wants another version', status(412, 'newer'), /^pull model manifest: 412: newer$/],
    ['a refusal', status(403, 'no'), /^pull model manifest: 403: no$/],
    ['no way to a token', status(401), /^pull model manifest: unauthorized: access denied$/],
    [
      'a token that does not help',
      (request, response, incoming) => {
        if (request.path === '/token') {
          end(response, 200, '{"token":"t"}');
          return true;
        }
        return challenge((host) => `http://${host}/token`)(request, response, incoming);
      },
      /^pull model manifest: unauthorized: access denied$/,
    ],
    [
      'CVE-2025-51471: a token of another host',
      challenge(() => 'https://other.example/token'),
      /^pull model manifest: realm host "other.example" does not match original host "127.0.0.1:\d+"$/,
    ],
    ['a broken connection', unreachable(), /^pull model manifest: max retries exceeded: 127.0.0.1:\d+: /],
    ['silence', () => true, /^pull model manifest: max retries exceeded: 127.0.0.1:\d+ does not answer$/],
    [
      'an endless manifest',
      ' '.repeat(4 * 1024 * 1024 + 1),
      /^pull model manifest: .* more than 4194304 bytes$/,
    ],
    ['no JSON', '<html>', /^pull model manifest: the manifest is not JSON/],
    [
      'CVE-2024-37032: a digest that is a path',
      manifestOf({ ...weights, digest: 'sha256:../../x' }),
      /^pull model manifest: .*no valid digest$/,
    ],
    [
      'CVE-2025-1975: layers that are no list',
      '{"layers":{}}',
      /^pull model manifest: the manifest has no proper list of layers$/,
    ],
    [
      'a list of images',
      '{"schemaVersion":2,"manifests":[]}',
      /^pull model manifest: the manifest has no layers$/,
    ],
    [
      'tensors',
      manifestOf({ ...weights, mediaType: 'application/vnd.ollama.image.tensor' }),
      /this model requires MLX support, but the MLX runtime is not available$/,
    ],
    ['a disk that is too small', manifestOf({ ...weights, size: 2 ** 52 }), /^no space left on device/],
    ['a blob that is missing', manifestOf(weights), /^file does not exist$/],
  ])('tells of %s in the stream, and as 500 without one', async (_name, trouble, error) => {
    const { call, fake, model } = await setUp();
    if (typeof trouble === 'string') fake.manifests.set('latest', Buffer.from(trouble));
    else fake.hook = trouble;
    const streamed = await call('POST', '/api/pull', { body: { model, insecure: true } });
    expect(streamed.status).toBe(200);
    expect(lines(streamed.text)[0]).toEqual({ status: 'pulling manifest' });
    expect(lines(streamed.text).at(-1)).toEqual({ error: expect.stringMatching(error) });
    const whole = await call('POST', '/api/pull', { body: { model, insecure: true, stream: false } });
    expect([whole.status, JSON.parse(whole.text)]).toEqual([500, { error: expect.stringMatching(error) }]);
    expect(JSON.parse((await call('GET', '/api/tags')).text)).toEqual({ models: [] });
  });

  it.each<[string, Hook, RegExp]>([
    [
      'other bytes',
      when('/blobs/', (_request, response) => end(response, 200, 'other')),
      new RegExp(`^digest mismatch, file must be downloaded again: want ${digest}, got sha256:[0-9a-f]{64}$`),
    ],
    [
      'a strange status',
      when('/blobs/', (_r, response) => end(response, 204)),
      /^unexpected status code 204$/,
    ],
    [
      'redirects without end',
      when('/blobs/', (request, response) => {
        response.setHeader('location', request.path);
        end(response, 307);
      }),
      /^stopped after 10 redirects$/,
    ],
    [
      'CVE-2026-5530: a redirect into this network',
      when('/blobs/', (_r, response) => {
        response.setHeader('location', 'http://169.254.169.254/latest/meta-data');
        end(response, 307);
      }),
      /^refused to connect to 169.254.169.254/,
    ],
    [
      'failures',
      when('/blobs/', (_r, response) => end(response, 503, 'busy')),
      /^max retries exceeded: 503: busy$/,
    ],
  ])('tells of a blob with %s', async (_name, hook, error) => {
    const { call, fake, model } = await setUp();
    fake.manifests.set('latest', Buffer.from(manifestOf(weights)));
    fake.hook = hook;
    for (const stream of [true, false]) {
      const reply = await call('POST', '/api/pull', { body: { model, insecure: true, stream } });
      expect(reply.status).toBe(stream ? 200 : 500);
      expect(lines(reply.text).at(-1)).toEqual({ error: expect.stringMatching(error) });
    }
    expect(JSON.parse((await call('GET', '/api/tags')).text)).toEqual({ models: [] });
  });
});

describe('POST /api/push', () => {
  it.each<[string, unknown, number, string]>([
    ['no body', undefined, 400, 'missing request body'],
    ['no name', {}, 400, 'model is required'],
    ['no proper name', { model: 'a b' }, 400, 'invalid model name'],
    [
      'a model of a cloud',
      { model: 'm:cloud' },
      403,
      'ollama cloud is disabled: remote model is unavailable',
    ],
  ])('refuses %s before it begins', async (_name, body, code, error) => {
    const { call } = await setUp();
    const reply = await call('POST', '/api/push', body === undefined ? {} : { body });
    expect([reply.status, JSON.parse(reply.text)]).toEqual([code, { error }]);
  });

  it('tells of a model that is not there', async () => {
    const { call, model, statuses } = await setUp();
    const error = `model '${model}:latest' not found`;
    expect(await statuses('/api/push')).toEqual([
      'retrieving manifest',
      "couldn't retrieve manifest",
      `error: ${error}`,
    ]);
    const whole = await call('POST', '/api/push', { body: { model, insecure: true, stream: false } });
    expect([whole.status, JSON.parse(whole.text)]).toEqual([500, { error }]);
  });

  const onUpload = (method: string, code: number, body = ''): Hook =>
    when('/', (request, response) => {
      if (request.method === method) end(response, code, body);
      else if (request.method === 'HEAD') end(response, 404);
      else {
        response.setHeader('location', '/v2/library/m/blobs/uploads/u');
        response.setHeader('range', '0-0');
        end(response, request.method === 'GET' ? 204 : 202);
      }
    });
  it.each<[string, Hook, RegExp]>([
    ['a key that the registry does not know', onUpload('POST', 401), /^unauthorized: access denied$/],
    ['a namespace of others', onUpload('POST', 403, 'no'), /^403: no$/],
    ['a registry that is down', onUpload('HEAD', 500), /^max retries exceeded: 500: $/],
    ['a chunk that is refused', onUpload('PATCH', 413, 'large'), /^413: large$/],
    ['chunks that fail', onUpload('PATCH', 502, 'gateway'), /^max retries exceeded: 502: gateway$/],
    [
      'an upload without a place',
      when('/', (request, response) => end(response, request.method === 'HEAD' ? 404 : 202)),
      /did not tell where to upload to$/,
    ],
    [
      'a manifest that is refused',
      (request, response) => {
        const isManifest = request.path.includes('/manifests/');
        if (isManifest) end(response, 400, 'manifest invalid');
        return isManifest;
      },
      /^400: manifest invalid$/,
    ],
  ])('tells of %s in the stream, and as 500 without one', async (_name, hook, error) => {
    const { add, call, fake, model } = await setUp();
    await add(model);
    fake.hook = hook;
    for (const stream of [true, false]) {
      const reply = await call('POST', '/api/push', { body: { model, insecure: true, stream } });
      expect(reply.status).toBe(stream ? 200 : 500);
      expect(lines(reply.text).at(-1)).toEqual({ error: expect.stringMatching(error) });
    }
  });
});

it('a model goes out and comes back with the statuses of Ollama', async () => {
  const { add, call, model, statuses } = await setUp();
  await add(model);
  const once = (all: string[]): string[] => all.filter((one, i) => one !== all[i - 1]);
  const blob = (verb: string): unknown => expect.stringMatching(new RegExp(`^${verb} [0-9a-f]{12}$`));
  expect(once(await statuses('/api/push'))).toEqual([
    'retrieving manifest',
    blob('pushing'),
    blob('pushing'),
    'pushing manifest',
    'success',
  ]);
  await call('DELETE', '/api/delete', { body: { model } });
  expect(once(await statuses('/api/pull'))).toEqual([
    'pulling manifest',
    blob('pulling'),
    blob('pulling'),
    'verifying sha256 digest',
    'writing manifest',
    'success',
  ]);
});
