/** A registry on loopback that misbehaves as a test says, and remembers what it was asked. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { digestOf } from '../../store/digest.ts';
import { manifestMediaType } from '../../store/manifest.ts';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

/** Answers a request itself and returns true, or leaves it to the registry. */
export type Hook = (request: Seen, response: ServerResponse, incoming: IncomingMessage) => boolean | Promise<boolean>;

export class FakeRegistry {
  readonly seen: Seen[] = [];
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, Buffer>();
  hook: Hook = () => false;
  readonly #server: Server;
  readonly #uploads = new Map<string, Buffer>();

  private constructor() {
    this.#server = createServer((incoming, response) => {
      this.#handle(incoming, response).catch(() => response.destroy());
    });
  }

  /** Closed when the test ends. */
  static async start(): Promise<FakeRegistry> {
    const registry = new FakeRegistry();
    registry.#server.listen(0, '127.0.0.1');
    await once(registry.#server, 'listening');
    onTestFinished(() => {
      registry.#server.closeAllConnections();
      registry.#server.close();
    });
    return registry;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `127.0.0.1:<port>` */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  addBlob(bytes: Buffer): string {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return digest;
  }

  /** Requests of this method whose path contains `text`. */
  requests(method: string, text = ''): Seen[] {
    return this.seen.filter((request) => request.method === method && request.path.includes(text));
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '', `http://${this.host}`);
    const { method = '', headers } = incoming;
    const request: Seen = { method, path: url.pathname, query: url.searchParams, headers };
    this.seen.push(request);
    if (await this.hook(request, response, incoming)) return;
    const [, kind = '', rest = ''] = /^\/v2\/[^/]+\/[^/]+\/(manifests|blobs\/uploads|blobs)\/(.*)$/.exec(request.path) ?? [];
    if (kind === 'manifests') await this.#manifest(request, rest, incoming, response);
    else if (kind === 'blobs') this.sendBlob(request, rest, response);
    else if (kind === 'blobs/uploads') await this.#upload(request, rest, incoming, response);
    else end(response, 404);
  }

  /** Answers like a good registry; hooks may call it after a change. */
  sendBlob({ method, headers }: Seen, digest: string, response: ServerResponse): void {
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) {
      end(response, 404);
      return;
    }
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    const isRange = first !== undefined && last !== undefined;
    const body = isRange ? bytes.subarray(Number(first), Number(last) + 1) : bytes;
    response.writeHead(isRange ? 206 : 200, {
      'content-length': body.length,
      ...(isRange ? { 'content-range': `bytes ${first}-${last}/${bytes.length}` } : {}),
    });
    response.end(method === 'HEAD' ? undefined : body);
  }

  async #manifest({ method }: Seen, tag: string, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method === 'PUT') {
      this.manifests.set(tag, await bodyOf(incoming));
      end(response, 201);
      return;
    }
    const bytes = this.manifests.get(tag);
    if (bytes === undefined) {
      end(response, 404);
      return;
    }
    response.writeHead(200, { 'content-type': manifestMediaType });
    response.end(bytes);
  }

  async #upload({ method, query, headers }: Seen, id: string, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method === 'POST') {
      const mounted = query.get('mount');
      if (mounted !== null && this.blobs.has(mounted)) {
        end(response, 201);
        return;
      }
      const name = `u${this.#uploads.size}`;
      this.#uploads.set(name, Buffer.alloc(0));
      response.setHeader('location', `${incoming.url?.replace(/\?.*/, '')}${name}`);
      end(response, 202);
      return;
    }
    const sofar = this.#uploads.get(id);
    if (sofar === undefined) {
      end(response, 404);
      return;
    }
    response.setHeader('location', incoming.url ?? '');
    if (method === 'GET') {
      response.setHeader('range', `0-${Math.max(0, sofar.length - 1)}`);
      end(response, 204);
    } else if (method === 'PATCH') {
      const [first] = (headers['content-range'] ?? '').split('-');
      const body = await bodyOf(incoming);
      if (Number(first) !== sofar.length) {
        end(response, 416);
        return;
      }
      this.#uploads.set(id, Buffer.concat([sofar, body]));
      end(response, 202);
    } else {
      const digest = query.get('digest') ?? '';
      const bytes = Buffer.concat([sofar, await bodyOf(incoming)]);
      const isRight = digest === `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      if (isRight) this.blobs.set(digest, bytes);
      end(response, isRight ? 201 : 400);
    }
  }
}

export function end(response: ServerResponse, status: number, body = ''): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** The whole body of a request; rejects when it breaks off. */
export async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}
