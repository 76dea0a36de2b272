import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CriaError } from '../errors.ts';
import type { Answer } from '../inference/types.ts';
import type { AnswerEvent } from '../types/events.ts';
import { answer, content, done, type Harness, lines, start } from './testdata/harness.ts';

/** A connection that sends exactly what it is told and collects what comes. */
class Wire {
  readonly socket: Socket;
  received = '';
  isClosed = false;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('utf8');
    this.socket.on('data', (text: string) => {
      this.received += text;
    });
    this.socket.on('close', () => {
      this.isClosed = true;
    });
    this.socket.on('error', () => {});
    onTestFinished(() => {
      this.socket.destroy();
    });
  }

  send(text: string): void {
    this.socket.write(text);
  }

  receives(pattern: RegExp): Promise<void> {
    return vi.waitFor(() => expect(this.received).toMatch(pattern), { timeout: 5000, interval: 5 });
  }

  closes(): Promise<void> {
    return vi.waitFor(() => expect(this.isClosed).toBe(true), { timeout: 5000, interval: 5 });
  }
}

const generateBody = JSON.stringify({ model: 'm', prompt: 'p' });
const head = (path: string, length: number | string): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`;
const generate = head('/api/generate', generateBody.length) + generateBody;

/** Resolves when the signal fires. */
function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function* until(signal: AbortSignal, ...first: readonly AnswerEvent[]): AsyncGenerator<AnswerEvent> {
  yield* first;
  await fired(signal);
  throw new CriaError('cancelled', 'request canceled');
}

describe('a client that goes away', () => {
  it.each<[string, (signal: AbortSignal) => Answer | Promise<Answer>]>([
    ['while the model loads', (signal) => fired(signal).then(() => answer(done))],
    ['before the first token', (signal) => ({ type: 'stream', events: until(signal) })],
    ['in the middle of the stream', (signal) => ({ type: 'stream', events: until(signal, content('a')) })],
  ])('cancels %s', async (_name, generateFake) => {
    const { port, calls, logLines } = await start({ generate: (_request, signal) => generateFake(signal) });
    const wire = new Wire(port);
    wire.send(generate);
    await vi.waitFor(() => expect(calls.signals).toHaveLength(1));
    if (_name.includes('stream')) await wire.receives(/"response":"a"/);
    wire.socket.destroy();
    await vi.waitFor(() => expect(calls.signals[0]?.aborted).toBe(true));
    expect(calls.signals[0]?.reason).toMatchObject({ code: 'cancelled' });
    await vi.waitFor(() => expect(logLines).toHaveLength(1));
    expect(logLines[0]).toMatch(/level=INFO .*status=499/);
  });

  it('cancels an answer that is not streamed', async () => {
    const { port, calls } = await start({
      generate: (_request, signal) => ({ type: 'stream', events: until(signal, content('a')) }),
    });
    const body = JSON.stringify({ model: 'm', prompt: 'p', stream: false });
    const wire = new Wire(port);
    wire.send(head('/api/generate', body.length) + body);
    await vi.waitFor(() => expect(calls.signals).toHaveLength(1));
    wire.socket.destroy();
    await vi.waitFor(() => expect(calls.signals[0]?.aborted).toBe(true));
  });

  it('in the middle of its body reaches nothing', async () => {
    const { port, calls, logLines } = await start();
    const wire = new Wire(port);
    wire.send(head('/api/generate', 1000) + generateBody);
    await new Promise((resolve) => setTimeout(resolve, 20));
    wire.socket.destroy();
    await vi.waitFor(() => expect(logLines).toHaveLength(1));
    expect(logLines[0]).toMatch(/level=INFO .*status=499/);
    expect(calls.generate).toEqual([]);
  });

  it('in the middle of an upload ends it', async () => {
    const ended = vi.fn();
    const { port } = await start({
      library: {
        putBlob: async (_digest, body, { signal }) => {
          try {
            for await (const _ of body);
          } finally {
            ended(signal.aborted);
          }
          return { existed: false };
        },
      },
    });
    const wire = new Wire(port);
    wire.send(`${head('/api/blobs/sha256:0', 1_000_000)}some`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    wire.socket.destroy();
    await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
  });

  it('in the middle of a stream stops the iteration', async () => {
    const stopped = vi.fn();
    async function* endless(): AsyncGenerator<AnswerEvent> {
      try {
        for (;;) {
          yield content('a');
          await new Promise(setImmediate);
        }
      } finally {
        stopped();
      }
    }
    const { port } = await start({ generate: () => ({ type: 'stream', events: endless() }) });
    const wire = new Wire(port);
    wire.send(generate);
    await wire.receives(/response/);
    wire.socket.destroy();
    await vi.waitFor(() => expect(stopped).toHaveBeenCalledOnce());
  });

  it('after a whole answer cancels nothing', async () => {
    const { port, calls } = await start();
    const wire = new Wire(port);
    wire.send(generate);
    await wire.receives(/"done":true[\s\S]*0\r\n\r\n$/);
    wire.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(calls.signals[0]?.aborted).toBe(false);
  });
});

describe('lines', () => {
  it('arrive as they were sent, whatever is in them', async () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 300 });
    let texts: readonly string[] = [];
    const { call } = await start({ generate: () => answer(...texts.map(content), done) });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (sent) => {
        texts = sent;
        const reply = await call('POST', '/api/generate', { body: generateBody });
        expect(lines(reply.text).map((line) => line.response)).toEqual([...sent, '']);
      }),
      { numRuns: 50 },
    );
  });

  it('go to clients of HTTP/1.0 without chunks', async () => {
    const { port } = await start({ generate: () => answer(content('a'), content('é'), done) });
    const wire = new Wire(port);
    wire.send(generate.replace('HTTP/1.1', 'HTTP/1.0'));
    await wire.closes();
    const [headText = '', body = ''] = wire.received.split('\r\n\r\n');
    expect(headText).not.toMatch(/transfer-encoding/i);
    expect(lines(body).map((line) => line.response)).toEqual(['a', 'é', '']);
  });

  it('wait for an earlier answer on the same connection', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    async function* slow(): AsyncGenerator<AnswerEvent> {
      yield content('first');
      await held;
      yield done;
    }
    const answers: Answer[] = [
      { type: 'stream', events: slow() },
      answer(content('second'), content('third'), done),
    ];
    const { port, calls } = await start({ generate: () => answers.shift() ?? answer(done) });
    const wire = new Wire(port);
    wire.send(generate + generate);
    await wire.receives(/first/);
    await vi.waitFor(() => expect(calls.generate).toHaveLength(2));
    expect(wire.received).not.toMatch(/second/);
    release();
    await wire.receives(
      /first[\s\S]*"done":true[\s\S]*second[\s\S]*third[\s\S]*"done":true[\s\S]*0\r\n\r\n$/,
    );
  });
});

describe('a slow client', () => {
  it('holds the iteration back, and gets everything in the end', async () => {
    const nLines = 12_000;
    let nYielded = 0;
    async function* many(): AsyncGenerator<AnswerEvent> {
      for (; nYielded < nLines; nYielded++) yield content(`${nYielded} ${'x'.repeat(1000)}`);
      yield done;
    }
    const { port } = await start({ generate: () => ({ type: 'stream', events: many() }) });
    const wire = new Wire(port);
    wire.socket.pause();
    wire.send(generate);
    let before = -1;
    await vi.waitFor(
      () => {
        const isStill = nYielded > 0 && nYielded === before;
        before = nYielded;
        expect(isStill).toBe(true);
      },
      { timeout: 5000, interval: 50 },
    );
    expect(nYielded).toBeLessThan(nLines);
    wire.socket.resume();
    await wire.receives(/"done":true/);
    const numbers = [...wire.received.matchAll(/"response":"(\d+) /g)].map((match) => Number(match[1]));
    expect(numbers).toEqual(Array.from({ length: nLines }, (_, i) => i));
  });

  it('that leaves while it is held back stops the iteration', async () => {
    const stopped = vi.fn();
    async function* endless(): AsyncGenerator<AnswerEvent> {
      try {
        for (;;) yield content('x'.repeat(10_000));
      } finally {
        stopped();
      }
    }
    const { port } = await start({ generate: () => ({ type: 'stream', events: endless() }) });
    const wire = new Wire(port);
    wire.socket.pause();
    wire.send(generate);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(stopped).not.toHaveBeenCalled();
    wire.socket.destroy();
    await vi.waitFor(() => expect(stopped).toHaveBeenCalledOnce());
  });
});

describe('a request in pieces', () => {
  it('is the same request, cut at every byte', async () => {
    const { port, calls } = await start();
    const body = JSON.stringify({ model: 'é', prompt: '🦙' });
    const bytes = Buffer.from(head('/api/generate', Buffer.byteLength(body)) + body);
    const wire = new Wire(port);
    for (const byte of bytes) {
      wire.socket.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    await wire.receives(/"done":true/);
    expect(calls.generate[0]).toMatchObject({ model: 'é', prompt: '🦙' });
  });

  it('serves one request after another on one connection', async () => {
    const { port, calls } = await start();
    const wire = new Wire(port);
    wire.send(generate + generate);
    await wire.receives(/"done":true[\s\S]*"done":true/);
    expect(calls.generate).toHaveLength(2);
  });
});

describe('limits', () => {
  const tight = { maxBodyBytes: 1000, maxBodyBytesInFlight: 1500, bodyIdleMs: 100, headersTimeoutMs: 200 };

  it.each<[string, string]>([
    ['announced', head('/api/generate', 1001)],
    [
      'chunked',
      `POST /api/generate HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n${' '.repeat(1001)}\r\n`,
    ],
  ])('a body that is too large, %s', async (_name, text) => {
    const { port, calls } = await start({}, { limits: { ...tight, bodyIdleMs: 10_000 } });
    const wire = new Wire(port);
    wire.send(text);
    await wire.receives(/^HTTP\/1\.1 413 [\s\S]*"error":"request body larger than 1000 bytes"/);
    expect(calls.generate).toEqual([]);
  });

  it('all bodies together', async () => {
    const { port, call } = await start({}, { limits: { ...tight, bodyIdleMs: 10_000 } });
    const [first, second] = [new Wire(port), new Wire(port)];
    first.send(head('/api/generate', 1000) + ' '.repeat(900));
    // When these have been answered, what was sent before them has been read.
    for (let i = 0; i < 3; i++) await call('GET', '/');
    second.send(head('/api/generate', 1000) + ' '.repeat(900));
    await second.receives(/^HTTP\/1\.1 503 [\s\S]*server busy, please try again\./);
    first.send(' '.repeat(100));
    await first.receives(/^HTTP\/1\.1 400 [\s\S]*missing request body/);
  });

  it.each<[string, string]>([
    ['a body', head('/api/generate', 900)],
    ['an upload', head('/api/blobs/sha256:0', 900)],
  ])('disconnects who stalls in %s', async (_name, text) => {
    const { port } = await start({}, { limits: { ...tight, uploadIdleMs: 100 } });
    const wire = new Wire(port);
    wire.send(`${text}some`);
    await wire.closes();
  });

  it('lets an upload take its time while it moves', async () => {
    const { port, calls } = await start({}, { limits: { ...tight, uploadIdleMs: 400 } });
    const wire = new Wire(port);
    wire.send(head('/api/blobs/sha256:0', 10));
    for (let i = 0; i < 10; i++) {
      wire.send('x');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await wire.receives(/^HTTP\/1\.1 201 /);
    expect(calls.other).toEqual([['putBlob', 'sha256:0', 10]]);
  });

  it('does not disconnect who waits for an answer', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { port } = await start({ generate: () => held.then(() => answer(done)) }, { limits: tight });
    const wire = new Wire(port);
    wire.send(generate);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(wire.isClosed).toBe(false);
    release();
    await wire.receives(/"done":true/);
  });

  it.each<[string, string, RegExp]>([
    ['a head that never ends', 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ', /^HTTP\/1\.1 408 /],
    ['silence', '', /^(HTTP\/1\.1 408 |$)/],
    ['a head that is too long', `GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}`, /^HTTP\/1\.1 431 /],
    ['garbage', '\x16\x03\x01\x02\r\n\r\n', /^HTTP\/1\.1 400 Bad Request/],
  ])('ends %s', async (_name, text, expected) => {
    const { port, call } = await start({}, { limits: tight });
    const wire = new Wire(port);
    wire.send(text);
    await wire.closes();
    expect(wire.received).toMatch(expected);
    expect((await call('GET', '/')).status).toBe(200);
  });

  it('takes large headers, as browsers send them to localhost', async () => {
    const { call } = await start();
    expect((await call('GET', '/', { headers: { cookie: 'x'.repeat(50_000) } })).status).toBe(200);
  });

  it('closes a connection rather than read what nobody wants', async () => {
    const { port } = await start({ library: { putBlob: async () => ({ existed: true }) } });
    const wire = new Wire(port);
    wire.send(head('/api/blobs/sha256:0', 10_000_000));
    await wire.receives(/^HTTP\/1\.1 200 OK[\s\S]*connection: close/i);
    await wire.closes();
  });
});

describe('closing the server', () => {
  const startStream = async (): Promise<[Harness, Wire]> => {
    const harness = await start({
      generate: (_request, signal) => ({ type: 'stream', events: until(signal, content('a')) }),
    });
    const wire = new Wire(harness.port);
    wire.send(generate);
    await wire.receives(/"response":"a"/);
    return [harness, wire];
  };

  it('ends streams with a line that says why', async () => {
    const [{ app }, wire] = await startStream();
    await app.close();
    await wire.closes();
    const text = wire.received
      .split('\r\n')
      .filter((line) => line.startsWith('{'))
      .join('');
    expect(lines(text).at(-1)).toEqual({ error: 'the server is shutting down' });
  });

  it('refuses new connections and may be called twice', async () => {
    const [{ app, call }] = await startStream();
    await Promise.all([app.close(), app.close()]);
    await expect(call('GET', '/')).rejects.toThrow('ECONNREFUSED');
  });

  it('does not wait for handlers that ignore their signal', async () => {
    const { app, port, calls } = await start(
      { generate: () => new Promise(() => {}) },
      { limits: { closeGraceMs: 50 } },
    );
    const wire = new Wire(port);
    wire.send(generate);
    await vi.waitFor(() => expect(calls.generate).toHaveLength(1));
    await app.close();
    await wire.closes();
  });
});
