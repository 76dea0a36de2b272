/**
 * Makes blobs of files that the user already has, without copying their bytes: clones where the file system can share blocks
 * (a change of one file is not seen in the other), else hard links where the user wants them.
 */
import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { chmod, copyFile, link, lstat, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import type { Digest } from '../types/digest.ts';
import { syncDirectory } from '../util/atomic-file.ts';
import { hashFile, inlineHasher } from '../util/file-hash.ts';
import { digestFromHex, digestOf } from './digest.ts';
import type { StorePaths } from './paths.ts';

export interface BlobLinkerOptions {
  readonly paths: StorePaths;
  readonly allowHardLinks: boolean;
  /** Replaces the clone, for tests on file systems that cannot. */
  readonly clone?: (source: string, target: string) => Promise<void>;
}

export interface LinkOptions {
  readonly signal: AbortSignal;
  /** Bytes hashed so far, now and then. */
  readonly onProgress?: (bytes: number) => void;
}

/** A file that is in the store's folder, but not under its digest yet. Ends with one of `keep` and `drop`. */
export interface LinkedFile {
  readonly digest: Digest;
  /** Gives it its name. Returns a way to take it back, for when the server does not see it. */
  keep(): Promise<{ undo(): Promise<void> }>;
  drop(): Promise<void>;
}

export interface BlobLinker {
  /** Finds out whether the server that `hasBlob` asks uses this folder, by a blob that nobody else can have. */
  isFolderOf(hasBlob: (digest: Digest) => Promise<boolean>): Promise<boolean>;
  /** Links a file and hashes what was linked; or says why it cannot be linked. Throws `cancelled`. */
  link(file: string, options: LinkOptions): Promise<LinkedFile | { readonly reason: string }>;
}

/** The folder of blobs has to exist. */
export function createBlobLinker({
  paths,
  allowHardLinks,
  clone = cloneFile,
}: BlobLinkerOptions): BlobLinker {
  async function isFolderOf(hasBlob: (digest: Digest) => Promise<boolean>): Promise<boolean> {
    const content = randomBytes(32);
    const probe = paths.blob(digestOf(content));
    try {
      await writeFile(probe, content, { flag: 'wx' });
    } catch {
      return false; // no such folder, or not ours to write
    }
    try {
      return await hasBlob(digestOf(content));
    } finally {
      await rm(probe, { force: true });
    }
  }

  async function linkFile(
    named: string,
    { signal, onProgress }: LinkOptions,
  ): Promise<LinkedFile | { readonly reason: string }> {
    // A hard link to a symbolic link would be one itself.
    const source = await realpath(named);
    const target = paths.temporaryBlob();
    const reason = await connect(source, target);
    if (reason !== undefined) return { reason };
    const drop = (): Promise<void> => rm(target, { force: true });
    try {
      const before = await stat(target);
      const digest = digestFromHex(
        await hashFile(inlineHasher, target, { signal, ...(onProgress === undefined ? {} : { onProgress }) }),
      );
      if (hasChanged(before, await stat(target))) throw new Error(`${named} has changed while it was read`);
      return { digest, drop, keep: () => keep(target, digest) };
    } catch (error) {
      await drop();
      throw error;
    }
  }

  /** Returns why it is not possible. */
  async function connect(source: string, target: string): Promise<string | undefined> {
    const stats = await stat(source);
    if (!stats.isFile()) return 'it is not a regular file';
    try {
      await clone(source, target);
      return undefined;
    } catch {
      await rm(target, { force: true });
    }
    if (!allowHardLinks) return 'the file system cannot clone files';
    // The mode belongs to the user's file, so it stays as it is.
    if ((stats.mode & 0o004) === 0 && stats.uid !== (await stat(paths.blobs)).uid)
      return 'the server could not read it';
    try {
      await link(source, target);
      return undefined;
    } catch (error) {
      return linkFailure(error);
    }
  }

  async function keep(target: string, digest: Digest): Promise<{ undo(): Promise<void> }> {
    const blob = paths.blob(digest);
    const existed = await lstat(blob).then(
      () => true,
      () => false,
    );
    await rename(target, blob);
    // Two links to one file are left as they are by a rename.
    await rm(target, { force: true });
    await syncDirectory(paths.blobs);
    return { undo: async () => (existed ? undefined : rm(blob, { force: true })) };
  }

  return { isFolderOf, link: linkFile };
}

/** Fails where blocks cannot be shared. */
async function cloneFile(source: string, target: string): Promise<void> {
  await copyFile(source, target, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
  await chmod(target, 0o644);
  const handle = await open(target, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function hasChanged(before: Stats, after: Stats): boolean {
  return before.size !== after.size || before.mtimeMs !== after.mtimeMs || before.ino !== after.ino;
}

function linkFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EXDEV') return 'it lies on another file system than the models';
  if (code === 'EPERM' || code === 'EACCES') return 'the system does not permit a hard link to it';
  return error instanceof Error ? error.message : String(error);
}
