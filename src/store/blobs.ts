/** Content-addressed files: written once under the sha256 of their bytes, never changed. */
import { chmod, stat as fileStat, mkdir, open, readdir, rename, rm, utimes } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { CriaError, cancelledError, toCriaError } from '../errors.ts';
import type { Digest } from '../types/digest.ts';
import { AtomicFile, type OpenNewFile, syncDirectory } from '../util/atomic-file.ts';
import { type FileHasher, hashFile, inlineHasher } from '../util/file-hash.ts';
import { createDamageNotes } from './damage.ts';
import { digestFromHex, digestHex, digestOf, tryParseDigest } from './digest.ts';
import { isMissing, readBounded, statInside } from './files.ts';
import { acquire } from './lock.ts';
import type { StorePaths } from './paths.ts';
import { receiveFile } from './receive.ts';
import { createTicketBox, type TicketBox } from './tickets.ts';

export interface StoredBlob {
  readonly digest: Digest;
  readonly path: string;
  readonly sizeBytes: number;
}

export interface BlobStore {
  /** Undefined when there is no such blob. Throws `corrupt_store` for something in its place that is no file of the store. */
  stat(digest: Digest): Promise<StoredBlob | undefined>;
  /** Digests of all blobs, whatever they hold. */
  list(): Promise<readonly Digest[]>;
  /** True when the blob is there, has this size where one is given, and has not been found damaged. Errors as in `stat`. */
  isWhole(digest: Digest, sizeBytes?: number): Promise<boolean>;
  /** Notes what a look at all bytes of a blob has shown; a damaged one is no longer whole until it is replaced. */
  noteDamage(blob: StoredBlob, isDamaged: boolean): Promise<void>;
  /**
   * Waits until no other process fetches this blob and keeps others from fetching it; release by disposing. Throws
   * `cancelled`.
   */
  claim(digest: Digest, options: { signal: AbortSignal }): Promise<AsyncDisposable>;
  /**
   * Stores a stream under its digest. With `expected`, bytes that hash to anything else are dropped and
   * `digest_mismatch` is thrown. Also `disk_full` and `cancelled`; a partial blob is never visible under a digest.
   */
  put(body: Readable, options: { expected?: Digest; signal?: AbortSignal }): Promise<StoredBlob>;
  /** Stores a small blob; `existed`: it was there already. */
  putBytes(bytes: Uint8Array): Promise<StoredBlob & { readonly existed: boolean }>;
  /** Digest of any file, found without holding up the event loop. `onProgress`: bytes so far, now and then. Throws `cancelled`. */
  hashFile(
    path: string,
    options: { signal?: AbortSignal | undefined; onProgress?: (bytes: number) => void },
  ): Promise<Digest>;
  /** Takes over a finished file that hashes to `digest`, under its digest; `existed`: the bytes were there already. */
  adopt(path: string, digest: Digest): Promise<StoredBlob & { readonly existed: boolean }>;
  /** Reads a whole blob. Throws `blob_not_found`, and `corrupt_store` when it has more than `maxBytes`. */
  read(digest: Digest, maxBytes: number): Promise<Buffer>;
  /** Makes a blob look new, so that pruning at the next start leaves it for an hour. */
  touch(digest: Digest): Promise<void>;
  /** Deletes a blob; a missing one is fine. */
  remove(digest: Digest): Promise<void>;
}

/** Tickets of downloads begin so; the 64 hexadecimal digits follow. */
export const fetchPrefix = 'fetch-';

export interface BlobStoreOptions {
  /** What hashes files. Default: the calling thread. */
  readonly hasher?: FileHasher | undefined;
  /** Replaces the creation of temporary files, for tests of full disks. */
  readonly openFile?: OpenNewFile | undefined;
  /** Default: a box of its own. */
  readonly tickets?: TicketBox;
}

export function createBlobStore(paths: StorePaths, options: BlobStoreOptions = {}): BlobStore {
  const { openFile, hasher = inlineHasher, tickets = createTicketBox(paths) } = options;
  const damage = createDamageNotes(paths);

  async function stat(digest: Digest): Promise<StoredBlob | undefined> {
    const path = paths.blob(digest);
    const stats = await statInside(paths.blobs, path);
    if (stats !== undefined) return { digest, path, sizeBytes: stats.size };
    const legacyPath = paths.legacyBlob(digest);
    const legacyStats = await statInside(paths.blobs, legacyPath);
    return legacyStats === undefined ? undefined : { digest, path: legacyPath, sizeBytes: legacyStats.size };
  }

  async function list(): Promise<readonly Digest[]> {
    const names = await readdir(paths.blobs).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    return [...new Set(names.map(tryParseDigest).filter((digest) => digest !== undefined))];
  }

  async function isWhole(digest: Digest, sizeBytes?: number): Promise<boolean> {
    const blob = await stat(digest);
    if (blob === undefined || (sizeBytes !== undefined && blob.sizeBytes !== sizeBytes)) return false;
    return !(await damage.has(digest, blob.path));
  }

  async function findWhole(digest: Digest, sizeBytes: number): Promise<StoredBlob | undefined> {
    return (await isWhole(digest, sizeBytes)) ? stat(digest) : undefined;
  }

  async function noteDamage({ digest, path }: StoredBlob, isDamaged: boolean): Promise<void> {
    if (isDamaged) await damage.add(digest, path);
    else await damage.remove(digest);
  }

  async function claim(digest: Digest, { signal }: { signal: AbortSignal }): Promise<AsyncDisposable> {
    const ticket = await acquire(tickets, `${fetchPrefix}${digestHex(digest)}`, { signal });
    return { [Symbol.asyncDispose]: () => ticket.remove() };
  }

  async function create(): Promise<AtomicFile> {
    await mkdir(paths.blobs, { recursive: true });
    return AtomicFile.create(paths.temporaryBlob(), { openFile });
  }

  async function hashAny(
    path: string,
    hashOptions: { signal?: AbortSignal | undefined; onProgress?: (bytes: number) => void },
  ): Promise<Digest> {
    return digestFromHex(await hashFile(hasher, path, hashOptions));
  }

  async function adoptFile(path: string, digest: Digest): Promise<StoredBlob & { existed: boolean }> {
    const { size } = await fileStat(path);
    const existing = await findWhole(digest, size);
    if (existing !== undefined) {
      await rm(path, { force: true });
      await touch(digest);
      return { ...existing, existed: true };
    }
    const handle = await open(path, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    const finalPath = paths.blob(digest);
    await rename(path, finalPath);
    await syncDirectory(paths.blobs);
    return { digest, path: finalPath, sizeBytes: size, existed: false };
  }

  /** Gives a finished temporary file its name, unless the same bytes are there already. */
  async function adopt(file: AtomicFile, digest: Digest, sizeBytes: number): Promise<StoredBlob> {
    const existing = await findWhole(digest, sizeBytes);
    if (existing !== undefined) {
      await touch(digest);
      return existing;
    }
    const path = paths.blob(digest);
    await file.commit(path);
    return { digest, path, sizeBytes };
  }

  async function put(
    body: Readable,
    { expected, signal }: { expected?: Digest; signal?: AbortSignal },
  ): Promise<StoredBlob> {
    // A body that fails before its first chunk is asked for would bring the process down without a listener. The error
    // itself comes out of the iteration.
    body.on('error', () => {});
    if (signal?.aborted) throw cancelledError();
    if (signal !== undefined) addAbortSignal(signal, body);
    let file: AtomicFile | undefined;
    try {
      file = await create();
      const { digest, sizeBytes } = await receiveFile(body, file, hasher);
      if (expected !== undefined && digest !== expected)
        throw new CriaError('digest_mismatch', `digest mismatch, expected "${expected}", got "${digest}"`);
      return await adopt(file, digest, sizeBytes);
    } catch (error) {
      throw toCriaError(error);
    } finally {
      await file?.discard();
    }
  }

  async function putBytes(bytes: Uint8Array): Promise<StoredBlob & { existed: boolean }> {
    const digest = digestOf(bytes);
    const existing = await findWhole(digest, bytes.byteLength);
    if (existing !== undefined) {
      await touch(digest);
      return { ...existing, existed: true };
    }
    let file: AtomicFile | undefined;
    try {
      file = await create();
      await file.write(bytes);
      return { ...(await adopt(file, digest, bytes.byteLength)), existed: false };
    } catch (error) {
      throw toCriaError(error);
    } finally {
      await file?.discard();
    }
  }

  async function read(digest: Digest, maxBytes: number): Promise<Buffer> {
    const blob = await stat(digest);
    if (blob === undefined) throw new CriaError('blob_not_found', `blob ${JSON.stringify(digest)} not found`);
    if (blob.sizeBytes > maxBytes)
      throw new CriaError(
        'corrupt_store',
        `blob ${digest} has ${blob.sizeBytes} bytes, more than ${maxBytes}`,
      );
    return readBounded(blob.path, maxBytes);
  }

  async function touch(digest: Digest): Promise<void> {
    const blob = await stat(digest);
    if (blob === undefined) return;
    const { nlink, mode } = await fileStat(blob.path);
    const now = new Date();
    // A hard link shares its times with the user's own file: only the time of its last change of status is renewed.
    const touched = nlink > 1 ? chmod(blob.path, mode & 0o7777) : utimes(blob.path, now, now);
    await touched.catch(() => {}); // a store of another user may be read-only for us; then nobody prunes it for us either
  }

  async function remove(digest: Digest): Promise<void> {
    await rm(paths.blob(digest), { force: true });
    await rm(paths.legacyBlob(digest), { force: true });
    await damage.remove(digest);
  }

  return {
    stat,
    list,
    isWhole,
    noteDamage,
    claim,
    put,
    putBytes,
    hashFile: hashAny,
    adopt: adoptFile,
    read,
    touch,
    remove,
  };
}

/** Renames a blob of the first Ollama versions (`sha256:…`) to today's form. */
export async function renameLegacyBlob(paths: StorePaths, digest: Digest): Promise<void> {
  await rename(paths.legacyBlob(digest), paths.blob(digest));
}
