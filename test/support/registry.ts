/** Debian's `docker-registry` on loopback, and a proxy in front of it that cuts, slows, corrupts and redirects on purpose. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  request as requestHttp,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether the program is installed. */
export const hasDockerRegistry = spawnSync('docker-registry', ['--version']).status === 0;

export interface DockerRegistry {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startDockerRegistry(): Promise<DockerRegistry> {
  const directory = mkdtempSync(path.join(tmpdir(), 'cria-registry-'));
  const config = path.join(directory, 'config.yml');
  writeFileSync(
    config,
    `version: 0.1\nlog: {level: info}\nstorage: {filesystem: {rootdirectory: ${directory}/data}}\nhttp: {addr: "127.0.0.1:0"}\n`,
  );
  const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const port = await listeningPort(child.stderr);
  return {
    port,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The port that the registry says it has been given; what it says from then on is thrown away. */
async function listeningPort(log: Readable): Promise<number> {
  let text = '';
  for await (const piece of log.iterator({ destroyOnReturn: false })) {
    text += piece;
    const port = /listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
    if (port === undefined) continue;
    log.resume();
    return Number(port);
  }
  throw new Error(`docker-registry does not start: ${text}`);
}

/** One GET of a blob that came through. */
export interface BlobGet {
  readonly digest: string;
  /** First byte asked for. */
  readonly start: number;
  /** Last byte asked for; Infinity without a range. */
  readonly end: number;
  sentBytes: number;
}

/** What the proxy does to the traffic; each may be changed at any time. */
export interface Trouble {
  /** Pause after each 64 KiB or so of a blob, in ms. */
  pauseMs?: (get: BlobGet) => number;
  /** Called with each piece of a blob before it goes out; returns what goes out instead, undefined cuts the connection. */
  change?: (get: BlobGet, piece: Buffer) => Buffer | undefined;
  /** Where a GET of a blob is redirected to. */
  redirect?: (url: string) => string | undefined;
  /** True: this upload is cut in the middle. */
  cutUpload?: () => boolean;
}

export class TroublesomeProxy {
  trouble: Trouble = {};
  /** Since the last `reset`. */
  gets: BlobGet[] = [];
  readonly #server: Server;
  readonly #upstreamPort: number;

  private constructor(upstreamPort: number) {
    this.#upstreamPort = upstreamPort;
    this.#server = createServer((request, response) => {
      this.#forward(request, response).catch(() => response.destroy());
    });
  }

  static async start(upstreamPort: number): Promise<TroublesomeProxy> {
    const proxy = new TroublesomeProxy(upstreamPort);
    proxy.#server.listen(0);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get sentBytes(): number {
    return this.gets.reduce((sum, get) => sum + get.sentBytes, 0);
  }

  reset(trouble: Trouble = {}): void {
    this.trouble = trouble;
    this.gets = [];
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '', method = '', headers } = incoming;
    const digest = /\/blobs\/(sha256:[0-9a-f]{64})/.exec(url)?.[1];
    const isBlobGet = method === 'GET' && digest !== undefined;
    const target = isBlobGet ? this.trouble.redirect?.(url) : undefined;
    if (target !== undefined) {
      response.writeHead(307, { location: target, 'content-length': 0 });
      response.end();
      return;
    }
    const upstream = requestHttp({ port: this.#upstreamPort, host: '127.0.0.1', method, path: url, headers });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      upstream.once('response', resolve);
      upstream.on('error', reject);
    });
    answered.catch(() => {}); // met below, unless this side has gone
    response.on('close', () => upstream.destroy());
    const isCut = method === 'PATCH' && this.trouble.cutUpload?.() === true;
    let passed = 0;
    for await (const piece of incoming as AsyncIterable<Buffer>) {
      passed += piece.length;
      if (isCut && passed > Number(headers['content-length'] ?? 0) / 2) {
        upstream.destroy();
        incoming.destroy();
        return;
      }
      if (!upstream.write(piece)) await once(upstream, 'drain');
    }
    upstream.end();
    const answer = await answered;
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    if (isBlobGet) await this.#sendBlob(digest, headers.range, answer, response);
    else for await (const piece of answer as AsyncIterable<Buffer>) response.write(piece);
    response.end();
  }

  async #sendBlob(
    digest: string,
    range: string | undefined,
    answer: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const [, start = '0', end = 'Infinity'] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
    const get: BlobGet = { digest, start: Number(start), end: Number(end), sentBytes: 0 };
    this.gets.push(get);
    for await (const piece of answer as AsyncIterable<Buffer>) {
      const changed = this.trouble.change === undefined ? piece : this.trouble.change(get, piece);
      if (changed === undefined || response.destroyed) {
        response.destroy();
        return;
      }
      get.sentBytes += changed.length;
      if (!response.write(changed)) await drained(response);
      const pauseMs = this.trouble.pauseMs?.(get) ?? 0;
      if (pauseMs > 0) await sleep(pauseMs);
    }
  }
}

/** Resolves when there is room again, or when nobody wants more. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
