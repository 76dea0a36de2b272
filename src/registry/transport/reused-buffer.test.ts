import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readInPlace, reuseBuffers } from './reused-buffer.ts';

const bytes = randomBytes(3_000_000);

/** A server that sends `bytes`, and a client that keeps one connection to it. */
async function setUp(
  options: { isChunked?: boolean; cutAt?: number } = {},
): Promise<() => Promise<IncomingMessage>> {
  const server = createServer((_request, response) => {
    if (options.isChunked !== true) response.setHeader('content-length', bytes.length);
    if (options.cutAt === undefined) response.end(bytes);
    else response.write(bytes.subarray(0, options.cutAt), () => setTimeout(() => response.destroy(), 50));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = reuseBuffers(new Agent({ keepAlive: true, maxSockets: 1 }));
  onTestFinished(() => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return () => new Promise((resolve, reject) => get({ port, agent }, resolve).on('error', reject));
}

async function collect(body: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Reads a body in place, looking at each chunk at once, or only some time later. */
async function inPlace(body: IncomingMessage, delayMs: (i: number) => number | undefined): Promise<Buffer> {
  const copies: Buffer[] = [];
  let nPending = 0;
  await readInPlace(body, (chunk) => {
    expect(nPending).toBe(0);
    const ms = delayMs(copies.length);
    if (ms === undefined) {
      copies.push(Buffer.from(chunk));
      return undefined;
    }
    nPending += 1;
    return sleep(ms).then(() => {
      copies.push(Buffer.from(chunk));
      nPending -= 1;
    });
  });
  expect(nPending).toBe(0);
  return Buffer.concat(copies);
}

describe.each([false, true])('a body (chunked: %s)', (isChunked) => {
  it.each<[string, (i: number) => number | undefined]>([
    ['at once', () => undefined],
    ['later', () => 1],
    ['sometimes later', (i) => (i % 3 === 0 ? 2 : undefined)],
  ])('read %s comes whole, and the connection serves again, also for others', async (_name, delayMs) => {
    const fetch = await setUp({ isChunked });
    for (let i = 0; i < 3; i++) {
      expect((await inPlace(await fetch(), delayMs)).equals(bytes)).toBe(true);
      expect((await collect(await fetch())).equals(bytes)).toBe(true);
    }
  });
});

it('a connection that breaks off is told', async () => {
  const fetch = await setUp({ cutAt: 1_000_000 });
  await expect(inPlace(await fetch(), () => undefined)).rejects.toThrow('aborted');
  await expect(inPlace(await fetch(), () => 1)).rejects.toThrow('aborted');
});

it.each<[string, () => Promise<void>]>([
  [
    'throws',
    () => {
      throw new Error('full');
    },
  ],
  ['rejects', () => Promise.reject(new Error('full'))],
])('a reader that %s ends it; the next one is served', async (_name, take) => {
  const fetch = await setUp();
  const body = await fetch();
  await expect(readInPlace(body, take)).rejects.toThrow('full');
  body.destroy();
  expect((await collect(await fetch())).equals(bytes)).toBe(true);
});
