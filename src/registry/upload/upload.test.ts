import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Layer } from '../../store/manifest.ts';
import { bodyOf, end, FakeRegistry, type Seen } from '../testdata/fake-registry.ts';
import { never, partBytes, type Setup, setUp } from '../testdata/setup.ts';

/** A blob of two and a half parts in the store. */
async function storedLayer(
  { test }: Setup,
  bytes = randomBytes(2.5 * partBytes),
): Promise<{ layer: Layer; bytes: Buffer }> {
  const { digest } = await test.store.blobs.putBytes(bytes);
  return { layer: { mediaType: 'x', digest, size: bytes.length }, bytes };
}

function summary({ method, headers }: Seen): string {
  return `${method} ${headers['content-range'] ?? ''}`.trim();
}

const good = ['POST', 'PATCH 0-9999', 'PATCH 10000-19999', 'PATCH 20000-24999', 'PUT'];

describe('an upload', () => {
  it('sends chunks one behind the other and commits', async () => {
    const fake = await FakeRegistry.start();
    const setup = await setUp();
    const { layer, bytes } = await storedLayer(setup);
    const session = setup.open(fake);
    expect(await session.hasBlob(layer.digest, { signal: never })).toBe(false);
    fake.seen.length = 0;
    const transfer = session.sendBlob(layer, { signal: never });
    await transfer.done;
    expect(transfer.completedBytes()).toBe(layer.size);
    expect(fake.blobs.get(layer.digest)?.equals(bytes)).toBe(true);
    expect(fake.seen.map(summary)).toEqual(good);
    expect(fake.seen[1]?.headers).toMatchObject({ 'x-redirect-uploads': '1', 'content-length': '10000' });
    const md5 = (data: Buffer): Buffer => createHash('md5').update(data).digest();
    const parts = [0, 1, 2].map((i) => md5(bytes.subarray(i * partBytes, (i + 1) * partBytes)));
    expect(fake.seen.at(-1)?.query.get('etag')).toBe(`${md5(Buffer.concat(parts)).toString('hex')}-3`);
    expect(await session.hasBlob(layer.digest, { signal: never })).toBe(true);
  });

  it('commits an empty blob at once', async () => {
    const fake = await FakeRegistry.start();
    const setup = await setUp();
    const { layer } = await storedLayer(setup, Buffer.alloc(0));
    await setup.open(fake).sendBlob(layer, { signal: never }).done;
    expect(fake.seen.map(summary)).toEqual(['POST', 'PUT']);
  });

  it('sends nothing that the registry can mount', async () => {
    const fake = await FakeRegistry.start();
    const setup = await setUp();
    const { layer, bytes } = await storedLayer(setup);
    fake.addBlob(bytes);
    await setup.open(fake).sendBlob(layer, { signal: never, mountFrom: 'a/b' }).done;
    expect(fake.seen.map(summary)).toEqual(['POST']);
    expect(Object.fromEntries(fake.seen[0]?.query ?? [])).toEqual({ mount: layer.digest, from: 'a/b' });
  });

  it('sends what the registry cannot mount', async () => {
    const fake = await FakeRegistry.start();
    const setup = await setUp();
    const { layer } = await storedLayer(setup);
    await setup.open(fake).sendBlob(layer, { signal: never, mountFrom: 'a/b' }).done;
    expect(fake.blobs.has(layer.digest)).toBe(true);
  });

  it('asks how far it got after a failure and sends the rest', async () => {
    const fake = await FakeRegistry.start();
    const setup = await setUp();
    const { layer, bytes } = await storedLayer(setup);
    let n = 0;
    fake.hook = ({ method }, response) => {
      if (method !== 'PATCH' || ++n !== 2) return false;
      end(response, 503);
      return true;
    };
    await setup.open(fake).sendBlob(layer, { signal: never }).done;
    expect(fake.blobs.get(layer.digest)?.equals(bytes)).toBe(true);
    expect(fake.seen.map(summary)).toEqual([
      'POST',
      'PATCH 0-9999',
      'PATCH 10000-19999',
      'GET',
      'PATCH 10000-19999',
      'PATCH 20000-24999',
      'PUT',
    ]);
  });

  it('begins anew when the registry has lost the upload', async () => {
    const fake = await FakeRegistry.start();
    const setup = await setUp();
    const { layer, bytes } = await storedLayer(setup);
    let n = 0;
    fake.hook = ({ method }, response, incoming) => {
      if (method === 'PATCH' && ++n === 2) {
        incoming.destroy();
        return true;
      }
      if (method !== 'GET') return false;
      end(response, 404);
      return true;
    };
    await setup.open(fake).sendBlob(layer, { signal: never }).done;
    expect(fake.blobs.get(layer.digest)?.equals(bytes)).toBe(true);
    expect(fake.seen.map(summary).slice(-5)).toEqual(good);
  });

  it('sends chunks elsewhere, without its token, where the registry says so', async () => {
    const [fake, storage] = [await FakeRegistry.start(), await FakeRegistry.start()];
    const setup = await setUp();
    const { layer, bytes } = await storedLayer(setup);
    const stored = new Map<string, Buffer>();
    let nFailures = 0;
    storage.hook = async ({ path, headers }, response, incoming) => {
      expect(headers.authorization).toBeUndefined();
      const body = await bodyOf(incoming);
      if (path === '/1' && nFailures++ === 0) {
        end(response, 500);
        return true;
      }
      stored.set(path, body);
      end(response, 200);
      return true;
    };
    let n = 0;
    fake.hook = ({ method, path }, response) => {
      if (method === 'PUT') {
        end(response, 201);
        return true;
      }
      if (method !== 'PATCH') return false;
      response.setHeader('location', `http://${storage.host}/${n++}`);
      response.setHeader('docker-upload-location', path);
      end(response, 307);
      return true;
    };
    const transfer = setup.open(fake).sendBlob(layer, { signal: never });
    await transfer.done;
    expect([...stored.keys()].sort()).toEqual(['/0', '/1', '/2']);
    expect(Buffer.concat(['/0', '/1', '/2'].map((p) => stored.get(p) ?? Buffer.alloc(0))).equals(bytes)).toBe(
      true,
    );
    expect(nFailures).toBe(2);
    expect(transfer.completedBytes()).toBe(layer.size);
  });

  it.each<[string, string, number, RegExp]>([
    ['refused', 'POST', 403, /^403: no$/],
    ['a chunk refused', 'PATCH', 400, /^400: no$/],
    ['not committed', 'PUT', 400, /^400: no$/],
    ['failing', 'PATCH', 500, /^max retries exceeded: 500: no$/],
  ])('that is %s fails', async (_name, failing, status, message) => {
    const fake = await FakeRegistry.start();
    const setup = await setUp();
    const { layer } = await storedLayer(setup);
    fake.hook = ({ method }, response) => {
      if (method !== failing) return false;
      end(response, status, 'no');
      return true;
    };
    const { done } = setup.open(fake).sendBlob(layer, { signal: never });
    await expect(done).rejects.toMatchObject({ code: 'upstream', message: expect.stringMatching(message) });
  });

  it('ends when it is cancelled', async () => {
    const fake = await FakeRegistry.start();
    const setup = await setUp();
    const { layer } = await storedLayer(setup);
    const controller = new AbortController();
    fake.hook = ({ method }) => {
      if (method === 'PATCH') controller.abort();
      return method === 'PATCH';
    };
    const { done } = setup.open(fake).sendBlob(layer, { signal: controller.signal });
    await expect(done).rejects.toMatchObject({ code: 'cancelled' });
  });
});
