import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CriaClient } from './client.ts';
import { ApiError, ConnectionError, ProtocolError } from './errors.ts';
import { collect } from './testdata/collect.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const servers: Server[] = [];

/** A client of a server that answers every request with `handler`. */
async function clientOf(handler: Handler, path = ''): Promise<CriaClient> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  return new CriaClient(`http://127.0.0.1:${port}${path}`);
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

function json(status: number, body: unknown): Handler {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

it('asks again when a kept connection breaks, unless asking does something', async () => {
  const methods: string[] = [];
  let breaksNext = false;
  const client = await clientOf((request, response) => {
    methods.push(request.method ?? '');
    if (breaksNext) request.socket.destroy();
    else json(200, { models: [] })(request, response);
    breaksNext = !breaksNext;
  });
  await client.list();
  await client.list();
  expect(methods).toEqual(['GET', 'GET', 'GET']);
  await expect(client.copy('a', 'b')).rejects.toThrow(ConnectionError);
  expect(methods).toHaveLength(4);
});

describe('uploads that are answered before their end', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  async function openConnections(): Promise<number> {
    const [server] = servers;
    return new Promise((resolve) => server?.getConnections((_error, count) => resolve(count)));
  }
  /** Ends when the server has answered, or later. */
  async function* body(...chunks: string[]): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) {
      yield Buffer.from(chunk);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it('keep the connection when all has been sent', async () => {
    const sockets = new Set<unknown>();
    const client = await clientOf((request, response) => {
      sockets.add(request.socket);
      json(201, {})(request, response);
    });
    for (let i = 0; i < 3; i++) {
      await client.putBlob(digest, body('1234'), { sizeBytes: 4 });
      await client.list().catch(() => {});
    }
    expect(sockets.size).toBe(1);
  });

  it('close it when the rest is not wanted', async () => {
    const client = await clientOf((request, response) => {
      request.once('data', () => json(400, { error: 'enough' })(request, response));
    });
    const call = client.putBlob(digest, body('1234', '5678', '9'), { sizeBytes: 9 });
    await expect(call).rejects.toThrow('enough');
    await vi.waitFor(async () => expect(await openConnections()).toBe(0));
  });
});

describe('requests', () => {
  type Call = (client: CriaClient) => Promise<unknown>;
  it.each<[string, Call, string, string, unknown]>([
    ['heartbeat', (c) => c.heartbeat(), 'HEAD', '/', undefined],
    ['list', (c) => c.list(), 'GET', '/api/tags', undefined],
    ['ps', (c) => c.ps(), 'GET', '/api/ps', undefined],
    ['show', (c) => c.show({ model: 'm' }), 'POST', '/api/show', { model: 'm' }],
    ['copy', (c) => c.copy('a', 'b'), 'POST', '/api/copy', { source: 'a', destination: 'b' }],
    ['delete', (c) => c.delete('m'), 'DELETE', '/api/delete', { model: 'm' }],
    ['load', (c) => c.load('m'), 'POST', '/api/generate', { model: 'm' }],
    [
      'load with keep-alive',
      (c) => c.load('m', { keepAlive: '5m' }),
      'POST',
      '/api/generate',
      { model: 'm', keep_alive: '5m' },
    ],
    ['unload', (c) => c.unload('m'), 'POST', '/api/generate', { model: 'm', keep_alive: 0 }],
    [
      'generate',
      (c) => collect(c.generate({ model: 'm', prompt: 'hi' })),
      'POST',
      '/api/generate',
      { model: 'm', prompt: 'hi', stream: true },
    ],
    [
      'chat',
      (c) => collect(c.chat({ model: 'm', messages: [{ role: 'user', content: 'hi' }] })),
      'POST',
      '/api/chat',
      { model: 'm', messages: [{ role: 'user', content: 'hi' }], stream: true },
    ],
    [
      'create',
      (c) => collect(c.create({ model: 'm', from: 'n' })),
      'POST',
      '/api/create',
      { model: 'm', from: 'n', stream: true },
    ],
    ['pull', (c) => collect(c.pull({ model: 'm' })), 'POST', '/api/pull', { model: 'm', stream: true }],
    ['hasBlob', (c) => c.hasBlob('sha256:00'), 'HEAD', '/api/blobs/sha256%3A00', undefined],
  ])('%s', async (_name, call, method, path, body) => {
    const seen: unknown[] = [];
    const client = await clientOf(async (request, response) => {
      const text = await bodyOf(request);
      seen.push([request.method, request.url, text === '' ? undefined : JSON.parse(text)]);
      response.end('{"models":[]}\n');
    });
    await call(client);
    expect(seen).toEqual([[method, path, body]]);
  });

  it('keeps the path of the base address', async () => {
    const urls: (string | undefined)[] = [];
    const client = await clientOf((request, response) => {
      urls.push(request.url);
      response.end('{"models":[]}');
    }, '/behind/proxy/');
    await client.list();
    expect(urls).toEqual(['/behind/proxy/api/tags']);
  });

  it('reads both versions', async () => {
    const client = await clientOf((_request, response) => {
      response.setHeader('X-Cria-Version', '0.1.0');
      response.end('{"version":"0.33.0"}');
    });
    expect(await client.version()).toEqual({ version: '0.33.0', criaVersion: '0.1.0' });
  });
});

describe('errors', () => {
  it.each<[string, number, string, string]>([
    ['native', 404, '{"error":"model \'x\' not found"}', "model 'x' not found"],
    ['openai', 404, '{"error":{"message":"no such model"}}', 'no such model'],
    ['text', 404, '404 page not found', '404 page not found'],
    ['nothing', 502, '', 'status 502'],
    ['a page', 502, '<html>Bad Gateway</html>', 'status 502'],
    ['empty error', 500, '{"error":""}', '{"error":""}'],
  ])('%s body', async (_name, status, body, message) => {
    const client = await clientOf(json(status, body));
    const error = await client.list().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ message, status });
    await expect(collect(client.generate({ model: 'x' }))).rejects.toThrow(message);
  });

  it.each<[string, string]>([
    ['not JSON', '<html>'],
    ['not an object', '[]'],
    ['no list', '{}'],
  ])('%s', async (_name, body) => {
    const client = await clientOf(json(200, body));
    await expect(client.list()).rejects.toThrow(ProtocolError);
  });

  it('tells a missing blob from an error', async () => {
    expect(await (await clientOf(json(404, ''))).hasBlob('sha256:00')).toBe(false);
    await expect((await clientOf(json(400, ''))).hasBlob('x')).rejects.toThrow(ApiError);
  });

  it('knows that nobody listens', async () => {
    const client = await clientOf(() => {});
    servers.splice(0)[0]?.close();
    const error = await client.heartbeat().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ isRefused: true });
  });

  it('ends a stream with the error of its last line', async () => {
    const client = await clientOf((_request, response) => {
      response.end('{"response":"a"}\n{"error":"the runner died"}\n');
    });
    const seen: unknown[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of client.generate({ model: 'm' })) seen.push(chunk.response);
    };
    await expect(read()).rejects.toMatchObject({ message: 'the runner died', status: 200 });
    expect(seen).toEqual(['a']);
  });

  it('reports a connection that breaks in a stream', async () => {
    const client = await clientOf((_request, response) => {
      response.write('{"response":"a"}\n', () => response.destroy());
    });
    await expect(collect(client.generate({ model: 'm' }))).rejects.toThrow(ConnectionError);
  });
});

describe('cancelling', () => {
  it.each<[string, Handler]>([
    ['before the answer', () => {}],
    ['in the answer', (_request, response) => response.write('{"response":"a"}\n')],
  ])('%s', async (_name, handler) => {
    const closed = vi.fn();
    const controller = new AbortController();
    const reason = new Error('enough');
    const client = await clientOf((request, response) => {
      response.on('close', closed);
      handler(request, response);
      setImmediate(() => controller.abort(reason));
    });
    const call = collect(client.generate({ model: 'm' }, { signal: controller.signal }));
    await expect(call).rejects.toBe(reason);
    await vi.waitFor(() => expect(closed).toHaveBeenCalled());
  });

  it('survives an abort when the last bytes have come but are not read yet', async () => {
    const controller = new AbortController();
    const client = await clientOf((_request, response) => {
      response.end('{"response":"a"}\n{"response":"","done":true}\n');
    });
    const call = async (): Promise<void> => {
      for await (const _ of client.generate({ model: 'm' }, { signal: controller.signal })) {
        controller.abort(new Error('enough'));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    // Whether it ends with the reason or normally is a race; an uncaught error would fail the test.
    await call().catch((error: unknown) => expect(error).toEqual(new Error('enough')));
  });

  it('does not even connect when the signal has fired', async () => {
    const handler = vi.fn();
    const client = await clientOf(handler);
    await expect(client.list({ signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    expect(handler).not.toHaveBeenCalled();
  });

  it('closes the connection when the consumer leaves the loop', async () => {
    const closed = vi.fn();
    const client = await clientOf((_request, response) => {
      response.on('close', closed);
      response.write('{"response":"a"}\n');
    });
    for await (const _ of client.generate({ model: 'm' })) break;
    await vi.waitFor(() => expect(closed).toHaveBeenCalled());
  });
});

describe('putBlob', () => {
  async function* blob(nChunks: number, chunkBytes = 100_000): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < nChunks; i++) yield Buffer.alloc(chunkBytes, i);
  }

  it('streams the body and reports progress', async () => {
    const lengths: [number, string | undefined][] = [];
    const client = await clientOf(async (request, response) => {
      lengths.push([(await bodyOf(request)).length, request.headers['content-length']]);
      response.writeHead(201).end();
    });
    const progress: number[] = [];
    const sizeBytes = 3 * 100_000;
    await client.putBlob('sha256:00', blob(3), { sizeBytes, onProgress: (sent) => progress.push(sent) });
    await client.putBlob('sha256:00', blob(3));
    expect(progress).toEqual([100_000, 200_000, 300_000]);
    expect(lengths.map(([, header]) => header)).toEqual(['300000', undefined]);
  });

  it('stops when the server answers without reading', async () => {
    let nYielded = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        nYielded++;
        yield Buffer.alloc(1_000_000);
      }
    }
    const client = await clientOf((_request, response) => {
      response.writeHead(200, { connection: 'close' }).end();
    });
    await client.putBlob('sha256:00', endless());
    const nBefore = nYielded;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(nYielded - nBefore).toBeLessThan(2);
  });

  it('passes on an error of the body as it is', async () => {
    const [arrived, closed] = [vi.fn(), vi.fn()];
    const client = await clientOf((request) => {
      request.on('error', () => {}).on('close', closed);
      request.once('data', arrived);
    });
    const broken = Object.assign(new Error('bad disk'), { code: 'EIO' });
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(10);
      await vi.waitFor(() => expect(arrived).toHaveBeenCalled());
      throw broken;
    }
    await expect(client.putBlob('sha256:00', body())).rejects.toBe(broken);
    await vi.waitFor(() => expect(closed).toHaveBeenCalled());
  });

  it('gives the server’s reason when it refuses', async () => {
    const client = await clientOf(json(400, { error: 'digest mismatch' }));
    await expect(client.putBlob('sha256:00', blob(2))).rejects.toThrow('digest mismatch');
  });
});
