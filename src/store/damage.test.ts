import { link, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredBlob } from './blobs.ts';
import { parseModelName } from './name.ts';
import { type TestStore, temporaryStore } from './testdata/test-store.ts';

let test: TestStore;
let blob: StoredBlob;
beforeEach(async () => {
  test = await temporaryStore();
  blob = await test.store.blobs.putBytes(Buffer.from('right'));
});
afterEach(() => test.remove());

/** Damages the blob without changing its size, as a failing disk would. */
async function damage(): Promise<void> {
  await writeFile(blob.path, 'wrong');
  await test.store.blobs.noteDamage(blob, true);
}

describe('a blob that was found damaged', () => {
  it('is not whole, also when it is touched, until it is found whole', async () => {
    const { blobs } = test.store;
    expect(await blobs.isWhole(blob.digest, 5)).toBe(true);
    expect(await blobs.isWhole(blob.digest, 6)).toBe(false);
    await damage();
    await blobs.touch(blob.digest);
    expect(await blobs.isWhole(blob.digest)).toBe(false);
    await blobs.noteDamage(blob, false);
    expect(await blobs.isWhole(blob.digest)).toBe(true);
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'an upload',
      () => test.store.blobs.put(Readable.from([Buffer.from('right')]), { expected: blob.digest }),
    ],
    ['the same bytes', () => test.store.blobs.putBytes(Buffer.from('right'))],
    [
      'a file that was made',
      async () => {
        const file = test.store.paths.temporaryBlob();
        await writeFile(file, 'right');
        await test.store.blobs.adopt(file, blob.digest);
      },
    ],
    [
      'another program',
      async () => {
        const file = path.join(test.root, 'elsewhere');
        await writeFile(file, 'right');
        await rename(file, blob.path);
      },
    ],
  ])('is replaced by %s', async (_name, replace) => {
    await damage();
    await replace();
    expect(await readFile(blob.path, 'utf8')).toBe('right');
    expect(await test.store.blobs.isWhole(blob.digest)).toBe(true);
  });
});

it('a blob that is a hard link of the user’s file leaves its times alone', async () => {
  const file = path.join(test.root, 'mine.gguf');
  await link(blob.path, file);
  const before = await stat(file);
  await test.store.blobs.touch(blob.digest);
  const after = await stat(file);
  expect(after.mtimeMs).toBe(before.mtimeMs);
  expect(after.mode).toBe(before.mode);
  expect(after.ctimeMs).toBeGreaterThanOrEqual(before.ctimeMs);
});

describe('publishing', () => {
  const manifestOf = (size: number): Buffer =>
    Buffer.from(JSON.stringify({ layers: [{ mediaType: 'x', digest: blob.digest, size }] }));
  const publish = (size: number): Promise<void> =>
    test.store.lock.run(() => test.store.publish(parseModelName('new'), manifestOf(size)));

  it('writes a manifest whose blobs are there', async () => {
    await publish(5);
    expect(await test.store.manifests.list()).toHaveLength(1);
  });

  it.each<[string, number, boolean]>([
    ['a blob that has another size', 6, false],
    ['a blob that is gone', 5, true],
  ])('refuses %s', async (_name, size, isGone) => {
    if (isGone) await test.store.blobs.remove(blob.digest);
    await expect(publish(size)).rejects.toMatchObject({ code: 'corrupt_store' });
    expect(await test.store.manifests.list()).toEqual([]);
  });
});
