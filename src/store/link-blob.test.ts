import { chmod, copyFile, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from './digest.ts';
import { type BlobLinker, createBlobLinker, type LinkedFile } from './link-blob.ts';
import { type TestStore, temporaryStore } from './testdata/test-store.ts';

let test: TestStore;
let file: string;
beforeEach(async () => {
  test = await temporaryStore();
  await mkdir(test.store.paths.blobs, { recursive: true });
  file = path.join(test.root, 'mine.gguf');
  await writeFile(file, 'mine');
});
afterEach(() => test.remove());

const digest = digestOf(Buffer.from('mine'));
const signal = new AbortController().signal;
const blobNames = (): Promise<string[]> => readdir(test.store.paths.blobs);
const noClones = async (): Promise<void> => {
  throw new Error('ENOTSUP');
};

function linker(
  options: { allowHardLinks?: boolean; clone?: (a: string, b: string) => Promise<void> } = {},
): BlobLinker {
  return createBlobLinker({ paths: test.store.paths, allowHardLinks: true, clone: noClones, ...options });
}

async function linked(by: BlobLinker, source = file): Promise<LinkedFile> {
  const result = await by.link(source, { signal });
  if ('reason' in result) throw new Error(result.reason);
  return result;
}

describe('linking', () => {
  it('makes a hard link where the file system cannot clone, and leaves the file as it was', async () => {
    await chmod(file, 0o444);
    const before = await stat(file);
    const one = await linked(linker());
    expect(one.digest).toBe(digest);
    await one.keep();
    await one.drop();
    const after = await stat(file);
    expect(after).toMatchObject({ nlink: 2, mode: before.mode, mtimeMs: before.mtimeMs });
    expect((await stat(test.store.paths.blob(digest))).ino).toBe(before.ino);
    expect(await blobNames()).toHaveLength(1);
    await test.store.blobs.remove(digest);
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  it('clones where it can, so that a change of the file stays outside', async () => {
    const one = await linked(linker({ allowHardLinks: false, clone: (from, to) => copyFile(from, to) }));
    await one.keep();
    await writeFile(file, 'MINE');
    expect((await test.store.blobs.read(digest, 10)).toString()).toBe('mine');
  });

  it('follows a symbolic link to the file itself', async () => {
    const alias = path.join(test.root, 'alias.gguf');
    await symlink(file, alias);
    await (await linked(linker(), alias)).keep();
    expect((await stat(test.store.paths.blob(digest))).ino).toBe((await stat(file)).ino);
  });

  it('links a file twice', async () => {
    for (let i = 0; i < 2; i++) await (await linked(linker())).keep();
    expect(await blobNames()).toEqual([`sha256-${digest.slice(7)}`]);
  });

  it('replaces a blob that is damaged', async () => {
    await writeFile(test.store.paths.blob(digest), 'XXXX');
    await (await linked(linker())).keep();
    expect((await test.store.blobs.read(digest, 10)).toString()).toBe('mine');
  });

  it.each<[string, (by: LinkedFile) => Promise<unknown>]>([
    ['dropped', (one) => one.drop()],
    ['taken back', async (one) => (await one.keep()).undo()],
  ])('leaves nothing behind when it is %s', async (_name, end) => {
    await end(await linked(linker()));
    expect(await blobNames()).toEqual([]);
    expect((await stat(file)).nlink).toBe(1);
  });

  it.each<[string, () => Promise<string>, RegExp]>([
    ['a folder', async () => test.root, /not a regular file/],
    ['what may not be shared', async () => file, /cannot clone/],
  ])('says why it does not link %s', async (_name, source, reason) => {
    const by = linker({ allowHardLinks: false });
    expect(await by.link(await source(), { signal })).toEqual({ reason: expect.stringMatching(reason) });
    expect(await blobNames()).toEqual([]);
  });

  it('leaves nothing behind when it is cancelled', async () => {
    const abort = AbortSignal.abort();
    await expect(linker().link(file, { signal: abort })).rejects.toMatchObject({ code: 'cancelled' });
    expect(await blobNames()).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('does not link what lies on another file system', async () => {
    expect(await linker().link('/proc/version', { signal })).toEqual({
      reason: 'it lies on another file system than the models',
    });
  });
});

describe('finding out whether the server uses the folder', () => {
  it('asks it for a blob that only this folder has', async () => {
    const has = async (wanted: typeof digest): Promise<boolean> =>
      (await test.store.blobs.stat(wanted)) !== undefined;
    expect(await linker().isFolderOf(has)).toBe(true);
    expect(await linker().isFolderOf(async () => false)).toBe(false);
    expect(await blobNames()).toEqual([]);
  });

  it('does not make a folder', async () => {
    const elsewhere = { ...test.store.paths, blob: () => path.join(test.root, 'nowhere', 'blob') };
    const by = createBlobLinker({ paths: elsewhere, allowHardLinks: true });
    expect(await by.isFolderOf(async () => true)).toBe(false);
    expect(await readdir(test.root)).not.toContain('nowhere');
  });
});
