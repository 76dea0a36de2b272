import { link, lutimes, mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, parseDigest } from './digest.ts';
import { parseModelName } from './name.ts';
import { openStore } from './store.ts';
import { type TestStore, temporaryStore } from './testdata/test-store.ts';

let test: TestStore;
beforeEach(async () => {
  test = await temporaryStore();
  await test.addModel('kept', { layers: [['system', 'kept']] });
});
afterEach(() => test.remove());

const blobNames = async (): Promise<string[]> => (await readdir(test.store.paths.blobs)).sort();

async function age(file: string): Promise<void> {
  const old = new Date(Date.now() - 2 * 60 * 60 * 1000);
  await lutimes(file, old, old);
}

async function putOld(name: string): Promise<string> {
  const file = path.join(test.store.paths.blobs, name);
  await writeFile(file, name);
  await age(file);
  return file;
}

const unreferenced = `sha256-${'1'.repeat(64)}`;

async function writeMention(file: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ layers: [{ digest: unreferenced.replace('-', ':') }] }));
}

describe('pruneAtStart', () => {
  it('removes old leftovers and unreferenced blobs, keeps everything else', async () => {
    const before = await blobNames();
    for (const name of before) await age(path.join(test.store.paths.blobs, name));
    await putOld(unreferenced);
    await putOld(`sha256-${'2'.repeat(64)}-partial`);
    await putOld(`sha256-${'2'.repeat(64)}-partial-0`);
    await putOld('sha256-12345-00001-of-00003.gguf');
    await putOld('sha256-123456');
    await putOld('README');
    await writeFile(path.join(test.store.paths.blobs, 'sha256-777'), 'an upload in progress');
    await writeFile(path.join(test.store.paths.blobs, `sha256-${'3'.repeat(64)}`), 'just uploaded');
    await openStore(test.store, { noPrune: false });
    expect(await blobNames()).toEqual([...before, 'README', 'sha256-777', `sha256-${'3'.repeat(64)}`].sort());
  });

  it('keeps all files of a download while one of them is young or somebody fetches the blob', async () => {
    const fresh = `sha256-${'6'.repeat(64)}`;
    await putOld(`${fresh}-partial-0`);
    await writeFile(path.join(test.store.paths.blobs, `${fresh}-partial`), 'still growing');
    const fetched = `sha256-${'7'.repeat(64)}`;
    await putOld(`${fetched}-partial`);
    await putOld(fetched);
    const dropped = await putOld(`sha256-${'8'.repeat(64)}-partial`);
    const signal = new AbortController().signal;
    await using _ = await test.store.blobs.claim(parseDigest(fetched), { signal });
    await openStore(test.store, { noPrune: false });
    const names = await blobNames();
    expect(names).toEqual(
      expect.arrayContaining([`${fresh}-partial-0`, `${fresh}-partial`, fetched, `${fetched}-partial`]),
    );
    expect(names).not.toContain(path.basename(dropped));
    expect(test.logged.join('')).toMatch(/msg="pruned the store".* files=1 freed_bytes=79/);
  });

  it('keeps what somebody holds', async () => {
    await putOld(unreferenced);
    await using _ = await test.store.garbage.hold([parseDigest(unreferenced)]);
    await openStore(test.store, { noPrune: false });
    expect(await blobNames()).toContain(unreferenced);
  });

  it('leaves names alone that neither Ollama nor cria give', async () => {
    const names = ['sha256-notes.txt', `${unreferenced}.bak`, `sha256-${'1'.repeat(63)}`, 'sha256-'];
    for (const name of names) await putOld(name);
    await openStore(test.store, { noPrune: false });
    expect(await blobNames()).toEqual(expect.arrayContaining(names));
  });

  it('keeps a hard link that was made just now, however old its file is', async () => {
    const mine = path.join(test.root, 'mine.gguf');
    await writeFile(mine, 'mine');
    await link(mine, path.join(test.store.paths.blobs, unreferenced));
    await age(mine);
    await openStore(test.store, { noPrune: false });
    expect(await blobNames()).toContain(unreferenced);
  });

  it.each<[string, (manifests: string) => Promise<unknown>]>([
    [
      'a file with a name of a newer Ollama',
      (dir) => writeMention(path.join(dir, 'a', 'b', 'c', '.new name')),
    ],
    ['a file that lies deeper', (dir) => writeMention(path.join(dir, 'a', 'b', 'c', 'd', 'e'))],
    [
      'a link to a file elsewhere',
      async (dir) => {
        const elsewhere = path.join(dir, '..', '..', 'elsewhere');
        await writeMention(elsewhere);
        await mkdir(path.join(dir, 'a', 'b', 'c'), { recursive: true });
        await symlink(elsewhere, path.join(dir, 'a', 'b', 'c', 'd'));
      },
    ],
    ['a link to a folder', (dir) => symlink('/', path.join(dir, 'a'))],
  ])('keeps a blob that is mentioned by %s', async (_name, mention) => {
    await putOld(unreferenced);
    await mention(test.store.paths.manifests);
    await openStore(test.store, { noPrune: false });
    expect(await blobNames()).toContain(unreferenced);
  });

  it('serves a store that it cannot lock', async () => {
    await putOld(unreferenced);
    await writeFile(test.store.paths.notes, 'in the way');
    await openStore(test.store, { noPrune: false });
    expect(await blobNames()).toContain(unreferenced);
    expect(test.logged.join('')).toContain('not pruning');
  });

  it('does nothing when told not to', async () => {
    await putOld(unreferenced);
    await openStore(test.store, { noPrune: true });
    expect(await blobNames()).toContain(unreferenced);
  });

  it('does nothing when a manifest is corrupt', async () => {
    await putOld(unreferenced);
    await test.store.manifests.write(parseModelName('corrupt'), Buffer.from('{'));
    await openStore(test.store, { noPrune: false });
    expect(await blobNames()).toContain(unreferenced);
  });

  it('does nothing without a manifest directory', async () => {
    await putOld(unreferenced);
    await rm(test.store.paths.manifests, { recursive: true });
    await test.store.garbage.pruneAtStart();
    expect(await blobNames()).toContain(unreferenced);
  });

  it('CVE-2025-44779: never deletes outside the store, nor directories', async () => {
    const outside = path.join(test.root, '..', 'precious');
    await writeFile(outside, 'precious');
    await utimes(outside, 1, 1);
    const link = path.join(test.store.paths.blobs, unreferenced);
    await symlink(outside, link);
    await lutimes(link, 1, 1);
    await mkdir(path.join(test.store.paths.blobs, `sha256-${'4'.repeat(64)}`));
    await openStore(test.store, { noPrune: false });
    expect(await readdir(path.join(test.root, '..'))).toContain('precious');
    expect(await blobNames()).toEqual(expect.arrayContaining([unreferenced, `sha256-${'4'.repeat(64)}`]));
  });

  it.skipIf(process.platform === 'win32')('renames blobs of the first Ollama versions', async () => {
    await writeFile(path.join(test.store.paths.blobs, `sha256:${'5'.repeat(64)}`), 'old');
    await openStore(test.store, { noPrune: false });
    expect(await blobNames()).toContain(`sha256-${'5'.repeat(64)}`);
  });
});

describe('removeUnreferenced', () => {
  it('removes what no manifest refers to and nobody holds', async () => {
    const { blobs, garbage } = test.store;
    const free = await blobs.putBytes(Buffer.from('free'));
    const heldBlob = await blobs.putBytes(Buffer.from('held'));
    const all = [free.digest, heldBlob.digest, digestOf(Buffer.from('kept'))];
    {
      await using _ = await garbage.hold([heldBlob.digest]);
      await garbage.removeUnreferenced(all);
      expect(await Promise.all(all.map(async (d) => (await blobs.stat(d)) !== undefined))).toEqual([
        false,
        true,
        true,
      ]);
    }
    await garbage.removeUnreferenced(all);
    expect(await blobs.stat(heldBlob.digest)).toBeUndefined();
  });

  it('counts holders', async () => {
    const { blobs, garbage } = test.store;
    const { digest } = await blobs.putBytes(Buffer.from('held twice'));
    const first = await garbage.hold([digest]);
    const second = await garbage.hold([digest]);
    await first[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    await garbage.removeUnreferenced([digest]);
    expect(await blobs.stat(digest)).toBeDefined();
    await second[Symbol.asyncDispose]();
    await garbage.removeUnreferenced([digest]);
    expect(await blobs.stat(digest)).toBeUndefined();
  });
});
