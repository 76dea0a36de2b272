/** Deletes blobs that no manifest needs, and nothing else. */
import { lstat, readdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { isCriaError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Digest } from '../types/digest.ts';
import { type BlobStore, renameLegacyBlob } from './blobs.ts';
import { tryParseDigest } from './digest.ts';
import { isMissing } from './files.ts';
import { digestsOf } from './manifest.ts';
import type { ManifestStore } from './manifests.ts';
import type { StorePaths } from './paths.ts';

export interface GarbageCollector {
  /** Keeps blobs from being pruned while a new model is put together; release by disposing. */
  hold(digests: Iterable<Digest>): Disposable;
  /** Deletes those of `digests` that no manifest refers to. Corrupt manifests protect nothing. */
  removeUnreferenced(digests: Iterable<Digest>): Promise<void>;
  /**
   * At the start: deletes leftovers of uploads and downloads and unreferenced blobs, all older than an hour, and empty
   * manifest directories. Does nothing when a manifest is corrupt or there is no manifest directory, since then nobody
   * knows what is referenced.
   */
  pruneAtStart(): Promise<void>;
  /** Renames blobs of the first Ollama versions to today's form. */
  renameLegacyBlobs(): Promise<void>;
}

export interface GarbageDeps {
  readonly paths: StorePaths;
  readonly blobs: BlobStore;
  readonly manifests: ManifestStore;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const minAgeMs = 60 * 60 * 1000;

export function createGarbageCollector(deps: GarbageDeps): GarbageCollector {
  const { paths, blobs, manifests, log } = deps;
  const now = deps.now ?? Date.now;
  /** Digest → number of holders. */
  const held = new Map<Digest, number>();

  function hold(digests: Iterable<Digest>): Disposable {
    let mine = [...digests];
    for (const digest of mine) held.set(digest, (held.get(digest) ?? 0) + 1);
    return {
      [Symbol.dispose]: () => {
        for (const digest of mine) {
          const count = (held.get(digest) ?? 0) - 1;
          if (count > 0) held.set(digest, count);
          else held.delete(digest);
        }
        mine = [];
      },
    };
  }

  async function referenced(): Promise<{ digests: Set<Digest>; hasCorrupt: boolean }> {
    const digests = new Set<Digest>();
    let hasCorrupt = false;
    for (const entry of await manifests.list()) {
      try {
        for (const digest of digestsOf((await manifests.read(entry)).manifest)) digests.add(digest);
      } catch (error) {
        if (isCriaError(error, 'model_not_found')) continue; // deleted meanwhile
        hasCorrupt = true;
        log.warn('unreadable manifest', { path: entry.path, error });
      }
    }
    return { digests, hasCorrupt };
  }

  async function removeUnreferenced(digests: Iterable<Digest>): Promise<void> {
    const candidates = new Set(digests);
    if (candidates.size === 0) return;
    const { digests: needed } = await referenced();
    for (const digest of candidates)
      if (!needed.has(digest) && !held.has(digest)) {
        await blobs.remove(digest);
        log.debug('removed blob', { digest });
      }
  }

  async function pruneAtStart(): Promise<void> {
    const names = await blobNames();
    if (names.length === 0 || !(await exists(paths.manifests))) return;
    const { digests: needed, hasCorrupt } = await referenced();
    if (hasCorrupt) {
      log.warn('not pruning: a manifest is unreadable');
      return;
    }
    const olderThan = new Date(now() - minAgeMs);
    for (const name of names) {
      const digest = tryParseDigest(name);
      if (digest !== undefined && (needed.has(digest) || held.has(digest))) continue;
      await removeOld(path.join(paths.blobs, name), olderThan);
    }
    await manifests.tidy(olderThan);
  }

  /** Only names that Ollama and cria give: another program's folder that is taken for a store stays whole. */
  async function blobNames(): Promise<readonly string[]> {
    const children = await readdir(paths.blobs, { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    return children
      .filter((child) => child.isFile() && /^sha256[:-]/.test(child.name))
      .map((child) => child.name);
  }

  async function removeOld(file: string, olderThan: Date): Promise<void> {
    try {
      if ((await lstat(file)).mtime >= olderThan) return;
      await unlink(file);
      log.info('pruned', { path: file });
    } catch (error) {
      if (!isMissing(error)) log.warn('could not prune', { path: file, error });
    }
  }

  async function renameLegacyBlobs(): Promise<void> {
    for (const name of await blobNames()) {
      const digest = name.startsWith('sha256:') ? tryParseDigest(name) : undefined;
      if (digest === undefined) continue;
      // A store that is not ours to write stays as it is: such blobs are found under both names.
      await renameLegacyBlob(paths, digest).catch((error: unknown) => {
        log.warn('could not rename blob', { path: path.join(paths.blobs, name), error });
      });
    }
  }

  return { hold, removeUnreferenced, pruneAtStart, renameLegacyBlobs };
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
