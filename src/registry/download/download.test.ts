import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { Layer } from '../../store/manifest.ts';
import { end, FakeRegistry, type Hook, type Seen } from '../testdata/fake-registry.ts';
import { addLayer, never, partBytes, setUp } from '../testdata/setup.ts';

/** The first byte that a request asks for. */
function startOf({ headers }: Seen): number {
  return Number(/^bytes=(\d+)/.exec(headers.range ?? '')?.[1] ?? 0);
}

function partOf(request: Seen): number {
  return Math.floor(startOf(request) / partBytes);
}

/** Lets the first request for a part go wrong. */
function once(part: number, misbehave: Hook): Hook {
  let hasHappened = false;
  return (request, response, incoming) => {
    if (hasHappened || request.method !== 'GET' || partOf(request) !== part) return false;
    hasHappened = true;
    return misbehave(request, response, incoming);
  };
}

describe('a download', () => {
  it('fetches parts with ranges and puts the whole into the store', async () => {
    const fake = await FakeRegistry.start();
    const { layer, bytes } = addLayer(fake);
    const { test, open } = await setUp();
    const transfer = open(fake).fetchBlob(layer, { signal: never });
    await transfer.done;
    expect(transfer.completedBytes()).toBe(layer.size);
    expect((await test.store.blobs.read(layer.digest, 1e6)).equals(bytes)).toBe(true);
    expect(
      fake
        .requests('GET')
        .map((r) => r.headers.range)
        .sort(),
    ).toEqual([
      'bytes=0-9999',
      'bytes=10000-19999',
      'bytes=20000-29999',
      'bytes=30000-39999',
      'bytes=40000-49999',
      'bytes=50000-54999',
    ]);
    expect(await readdir(test.store.paths.blobs)).toEqual([`sha256-${layer.digest.slice(7)}`]);
  });

  it('fetches an empty blob', async () => {
    const fake = await FakeRegistry.start();
    const { layer } = addLayer(fake, Buffer.alloc(0));
    const { test, open } = await setUp();
    await open(fake).fetchBlob(layer, { signal: never }).done;
    expect((await test.store.blobs.stat(layer.digest))?.sizeBytes).toBe(0);
  });

  /** Answers with a status. */
  const answers =
    (status: number, body = ''): Hook =>
    (_request, response) => {
      end(response, status, body);
      return true;
    };
  const retried: [string, Hook][] = [
    ['a status of 503', answers(503, 'busy')],
    ['a status of 429', answers(429)],
    [
      'a connection that breaks before the answer',
      (_r, response) => {
        response.destroy();
        return true;
      },
    ],
    ['silence before the answer', () => true],
    [
      'silence in the middle',
      (_r, response) => {
        response.writeHead(206, { 'content-length': partBytes, 'content-range': 'bytes 20000-29999/55000' });
        response.write(Buffer.alloc(0));
        return true;
      },
    ],
  ];
  it.each(retried)('tries again after %s', async (_name, misbehave) => {
    const fake = await FakeRegistry.start();
    const { layer, bytes } = addLayer(fake);
    const { test, open } = await setUp();
    fake.hook = once(2, misbehave);
    await open(fake).fetchBlob(layer, { signal: never }).done;
    expect((await test.store.blobs.read(layer.digest, 1e6)).equals(bytes)).toBe(true);
    expect(fake.requests('GET')).toHaveLength(7);
  });

  it('goes on where a connection broke off', async () => {
    const fake = await FakeRegistry.start();
    const { layer, bytes } = addLayer(fake);
    const { test, open } = await setUp();
    fake.hook = once(1, (_request, response) => {
      response.writeHead(206, { 'content-length': partBytes, 'content-range': 'bytes 10000-19999/55000' });
      response.write(bytes.subarray(10_000, 14_000), () => setTimeout(() => response.destroy(), 20));
      return true;
    });
    await open(fake).fetchBlob(layer, { signal: never }).done;
    expect((await test.store.blobs.read(layer.digest, 1e6)).equals(bytes)).toBe(true);
    expect(fake.requests('GET').map((r) => r.headers.range)).toContain('bytes=14000-19999');
  });

  it('survives any number of breaks while it gets on', async () => {
    const fake = await FakeRegistry.start();
    const { layer, bytes } = addLayer(fake, randomBytes(partBytes));
    const { test, open } = await setUp();
    fake.hook = (request, response) => {
      const start = startOf(request);
      response.writeHead(206, {
        'content-length': partBytes - start,
        'content-range': `bytes ${start}-9999/10000`,
      });
      const slice = bytes.subarray(start, start + 1000);
      response.write(slice, () => setTimeout(() => response.destroy(), 5));
      return true;
    };
    await open(fake).fetchBlob(layer, { signal: never }).done;
    expect((await test.store.blobs.read(layer.digest, 1e6)).equals(bytes)).toBe(true);
    expect(fake.requests('GET')).toHaveLength(10);
  });

  it('takes whole blobs from a registry that knows no ranges', async () => {
    const fake = await FakeRegistry.start();
    const { layer, bytes } = addLayer(fake);
    const { test, open } = await setUp();
    fake.hook = (request, response) => {
      delete request.headers.range;
      fake.sendBlob(request, layer.digest, response);
      return true;
    };
    await open(fake).fetchBlob(layer, { signal: never }).done;
    expect((await test.store.blobs.read(layer.digest, 1e6)).equals(bytes)).toBe(true);
  });

  type Fatal = [name: string, hook: Hook, message: string | RegExp, change?: Partial<Layer>];
  const fatal: Fatal[] = [
    ['a blob that is missing', answers(404), 'file does not exist'],
    ['a status of 418', answers(418, 'teapot'), '418: teapot'],
    ['failures without end', answers(500, 'x'), 'max retries exceeded: 500: x'],
    [
      'a range that was not asked for',
      (_r, response) => {
        response.writeHead(206, { 'content-range': 'bytes 5-9/55000' });
        response.end('abcde');
        return true;
      },
      /another range/,
    ],
    [
      'more bytes than were asked for',
      (request, response) => {
        const [, from, to] = /(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
        response.writeHead(206, { 'content-range': `bytes ${from}-${to}/55000` });
        response.end(Buffer.alloc(60_000));
        return true;
      },
      /more than it was asked for/,
    ],
    [
      'a range of what has no end',
      (_r, response) => {
        response.writeHead(206, { 'content-range': 'bytes 5-9/*' });
        response.end('abcde');
        return true;
      },
      /another range/,
    ],
    [
      'a range without a word about it',
      (_r, response) => {
        response.writeHead(206);
        response.end('abcde');
        return true;
      },
      /another range/,
    ],
    [
      'an encoded body',
      (_r, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end('x');
        return true;
      },
      /encoded blob/,
    ],
    [
      'a blob of another size',
      () => false,
      /has 55000 bytes where the manifest says 54321/,
      { size: 54_321 },
    ],
    [
      'a lying Content-Length',
      (_r, response) => {
        response.writeHead(200, { 'content-length': 7 });
        response.end('1234567');
        return true;
      },
      /has 7 bytes where the manifest says 55000/,
    ],
  ];
  it.each(fatal)('fails on %s', async (_name, hook, message, change = {}) => {
    const fake = await FakeRegistry.start();
    const { layer } = addLayer(fake);
    const { test, open } = await setUp();
    fake.hook = hook;
    const { done } = open(fake).fetchBlob({ ...layer, ...change }, { signal: never });
    await expect(done).rejects.toMatchObject({ code: 'upstream', message: expect.stringMatching(message) });
    expect(await test.store.blobs.stat(layer.digest)).toBeUndefined();
  });

  it('is told at once that the disk is too small', async () => {
    const fake = await FakeRegistry.start();
    const { layer } = addLayer(fake);
    const { open } = await setUp({ settings: { maxPartBytes: 2 ** 50, minPartBytes: 2 ** 50 } });
    const { done } = open(fake).fetchBlob({ ...layer, size: 2 ** 52 }, { signal: never });
    await expect(done).rejects.toMatchObject({
      code: 'disk_full',
      message: expect.stringMatching(/^no space left on device/),
    });
    expect(fake.seen).toEqual([]);
  });
});

describe('a download that was interrupted', () => {
  it('fetches what is missing and nothing else', async () => {
    const fake = await FakeRegistry.start();
    const { layer, bytes } = addLayer(fake);
    const first = await setUp();
    const controller = new AbortController();
    fake.hook = (request, response) => {
      if (partOf(request) !== 3) return false;
      response.writeHead(206, { 'content-length': partBytes, 'content-range': 'bytes 30000-39999/55000' });
      response.write(bytes.subarray(30_000, 36_000));
      return true;
    };
    const transfer = first.open(fake).fetchBlob(layer, { signal: controller.signal });
    await vi.waitFor(() => expect(transfer.completedBytes()).toBe(45_000));
    await sleep(30);
    controller.abort();
    await expect(transfer.done).rejects.toMatchObject({ code: 'cancelled' });
    expect((await readdir(first.test.store.paths.blobs)).length).toBe(7);

    fake.seen.length = 0;
    fake.hook = () => false;
    const second = first.open(fake).fetchBlob(layer, { signal: never });
    await second.done;
    expect(fake.seen.map((r) => r.headers.range)).toEqual(['bytes=36000-39999']);
    expect((await first.test.store.blobs.read(layer.digest, 1e6)).equals(bytes)).toBe(true);
  });
});

describe('a wrong digest', () => {
  /** Flips a byte of one part, the first time that it is sent or always. */
  function corrupt(fake: FakeRegistry, layer: Layer, bytes: Buffer, part: number, always = false): void {
    const bad = Buffer.from(bytes);
    bad[part * partBytes + 77] = (bad[part * partBytes + 77] ?? 0) ^ 1;
    const misbehave: Hook = (request, response) => {
      fake.blobs.set(layer.digest, bad);
      fake.sendBlob(request, layer.digest, response);
      fake.blobs.set(layer.digest, bytes);
      return true;
    };
    fake.hook = always
      ? (r, response, i) => partOf(r) === part && misbehave(r, response, i)
      : once(part, misbehave);
  }

  it('is mended by fetching the damaged part again', async () => {
    const fake = await FakeRegistry.start();
    const { layer, bytes } = addLayer(fake);
    const { test, open, logged } = await setUp();
    corrupt(fake, layer, bytes, 2);
    await open(fake).fetchBlob(layer, { signal: never }).done;
    expect((await test.store.blobs.read(layer.digest, 1e6)).equals(bytes)).toBe(true);
    // Parts before it are compared; none after it is fetched.
    expect(fake.requests('GET').slice(6).map(partOf)).toEqual([0, 1, 2]);
    expect(logged.join('')).toContain('digest mismatch');
  });

  it('is looked for first in parts that came in pieces', async () => {
    const fake = await FakeRegistry.start();
    const { layer, bytes } = addLayer(fake);
    const { open } = await setUp();
    let n = 0;
    fake.hook = (request, response) => {
      if (partOf(request) !== 4 || ++n > 2) return false;
      if (n === 1) {
        response.writeHead(206, { 'content-length': partBytes, 'content-range': 'bytes 40000-49999/55000' });
        response.write(Buffer.alloc(100), () => setTimeout(() => response.destroy(), 20)); // not what it should be
        return true;
      }
      return false;
    };
    await open(fake).fetchBlob(layer, { signal: never }).done;
    expect(
      fake
        .requests('GET')
        .slice(7)
        .map((r) => r.headers.range),
    ).toEqual(['bytes=40000-49999']);
    expect(bytes.length).toBe(layer.size);
  });

  it('fails when the registry itself is wrong, and leaves nothing', async () => {
    const fake = await FakeRegistry.start();
    const { layer, bytes } = addLayer(fake);
    const { test, open } = await setUp();
    corrupt(fake, layer, bytes, 5, true);
    const { done } = open(fake).fetchBlob(layer, { signal: never });
    await expect(done).rejects.toMatchObject({
      code: 'digest_mismatch',
      message: expect.stringMatching(
        `^digest mismatch, file must be downloaded again: want ${layer.digest}, got sha256:`,
      ),
    });
    expect(fake.requests('GET')).toHaveLength(12);
    expect(await readdir(test.store.paths.blobs)).toEqual([]);
  });
});

describe('two who want the same blob', () => {
  it('share one download, which outlives the first', async () => {
    const fake = await FakeRegistry.start();
    const { layer, bytes } = addLayer(fake);
    const { test, registry, open } = await setUp();
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    fake.hook = async () => {
      await released;
      return false;
    };
    const controller = new AbortController();
    const first = open(fake).fetchBlob(layer, { signal: controller.signal });
    const second = open(fake).fetchBlob(layer, { signal: never });
    await vi.waitFor(() => expect(fake.requests('GET')).toHaveLength(6));
    controller.abort();
    await expect(first.done).rejects.toMatchObject({ code: 'cancelled' });
    release();
    await second.done;
    expect(second.completedBytes()).toBe(layer.size);
    expect(fake.requests('GET')).toHaveLength(6);
    expect((await readFile(test.store.paths.blob(layer.digest))).equals(bytes)).toBe(true);
    expect(registry).toBeDefined();
  });

  it('end it when both have gone; a third starts anew', async () => {
    const fake = await FakeRegistry.start();
    const { layer } = addLayer(fake);
    const { open } = await setUp();
    fake.hook = () => true;
    const controller = new AbortController();
    const both = [open(fake), open(fake)].map((s) => s.fetchBlob(layer, { signal: controller.signal }).done);
    await vi.waitFor(() => expect(fake.requests('GET')).toHaveLength(6));
    controller.abort();
    fake.hook = () => false;
    const third = open(fake).fetchBlob(layer, { signal: never });
    expect((await Promise.allSettled(both)).map((r) => r.status)).toEqual(['rejected', 'rejected']);
    await third.done;
    expect(fake.requests('GET')).toHaveLength(12);
  });

  it('are not let down by the other’s registry', async () => {
    const [bad, good] = [await FakeRegistry.start(), await FakeRegistry.start()];
    const { layer, bytes } = addLayer(good);
    const { test, open } = await setUp();
    const first = open(bad).fetchBlob(layer, { signal: never });
    const second = open(good).fetchBlob(layer, { signal: never });
    await expect(first.done).rejects.toThrow('file does not exist');
    await second.done;
    expect((await test.store.blobs.read(layer.digest, 1e6)).equals(bytes)).toBe(true);
  });
});
