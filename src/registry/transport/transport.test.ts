/** Whose silence counts. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { readInPlace } from './reused-buffer.ts';
import { type Answer, createTransport } from './transport.ts';

const stallMs = 100;
const signal = new AbortController().signal;

async function ask(answer: RequestListener): Promise<Answer> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = { http: '', https: '', none: [] };
  const transport = createTransport({ proxy, privateHosts: [], stallMs, userAgent: 'test' });
  onTestFinished(() => {
    transport.close();
    server.closeAllConnections();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return transport.send({ method: 'GET', url, signal }, true);
}

const megabytes = Buffer.alloc(4_000_000, 1);

it('a reader may take its time', async () => {
  const { body } = await ask((_request, response) => response.end(megabytes));
  let bytes = 0;
  await readInPlace(body, (chunk) => {
    const isFirst = bytes === 0;
    bytes += chunk.length;
    return isFirst ? sleep(5 * stallMs) : undefined;
  });
  expect(bytes).toBe(megabytes.length);
});

it('one who reads only later finds all of it', async () => {
  const { body } = await ask((_request, response) => response.end(megabytes));
  await sleep(5 * stallMs);
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) bytes += chunk.length;
  expect(bytes).toBe(megabytes.length);
});

it('a server that stops in the middle is given up', async () => {
  const { body } = await ask((_request, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('12345');
  });
  await expect(readInPlace(body, () => undefined)).rejects.toThrow('has stopped sending');
});

it('a server that does not answer is given up', async () => {
  await expect(ask(() => {})).rejects.toThrow('does not answer');
});
