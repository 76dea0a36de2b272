/** Deletes what is provably rubbish in a store: blobs that no manifest needs, leftovers of transfers, and nothing else. */
import { type Dirent, lstatSync } from 'node:fs';
import { lstat, readdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { isCriaError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Digest } from '../types/digest.ts';
import { type BlobStore, fetchPrefix, renameLegacyBlob } from './blobs.ts';
import { tryParseDigest } from './digest.ts';
import { ageMs, isMissing } from './files.ts';
import type { StoreLock } from './lock.ts';
import { digestsOf } from './manifest.ts';
import type { ManifestStore } from './manifests.ts';
import type { StorePaths } from './paths.ts';
import { strayDigests } from './stray-digests.ts';
import type { TicketBox } from './tickets.ts';

export interface GarbageCollector {
  /**
   * Keeps blobs, there or still to come, from being deleted while a new model is put together, by this process or by another
   * one; release by disposing. Not to be called while the store's lock is held.
   */
  hold(digests: Iterable<Digest>, options?: { readonly signal?: AbortSignal }): Promise<AsyncDisposable>;
  /**
   * Deletes those of `digests` that no manifest refers to. Corrupt manifests protect nothing. To be called with the store's
   * lock held.
   */
  removeUnreferenced(digests: Iterable<Digest>): Promise<void>;
  /**
   * At the start: deletes leftovers of uploads and downloads and unreferenced blobs, all older than an hour, and empty
   * manifest directories. Does nothing unless every manifest can be read, since then nobody knows what is referenced.
   */
  pruneAtStart(): Promise<void>;
  /** Renames blobs of the first Ollama versions to today's form. */
  renameLegacyBlobs(): Promise<void>;
}

export interface GarbageDeps {
  readonly paths: StorePaths;
  readonly blobs: BlobStore;
  readonly manifests: ManifestStore;
  readonly tickets: TicketBox;
  readonly lock: StoreLock;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const minAgeMs = 60 * 60 * 1000;

/** A blob, a part of a download (two forms of Ollama's), an upload in progress, or a part of a model that is being quantized. */
const ownName =
  /^(sha256[:-](?:[0-9a-f]{64}|\d{1,20}))(-partial(?:-\d{1,6})?|\.tmp|-\d{5}-of-\d{5}\.gguf)?$/i;

export function createGarbageCollector(deps: GarbageDeps): GarbageCollector {
  const { paths, blobs, manifests, tickets, lock, log } = deps;
  const now = deps.now ?? Date.now;

  async function hold(
    digests: Iterable<Digest>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<AsyncDisposable> {
    const content = [...digests].join('\n');
    // With the lock, so that nobody who is deciding what to delete overlooks it.
    const ticket = await lock.run(() => tickets.add('hold', content), options);
    return { [Symbol.asyncDispose]: () => ticket.remove() };
  }

  /** Digests that somebody holds, or is fetching. */
  async function heldBlobs(): Promise<Set<Digest>> {
    const held = new Set<Digest>();
    const add = (text: string): void => {
      const digest = tryParseDigest(text);
      if (digest !== undefined) held.add(digest);
    };
    for (const ticket of await tickets.list()) {
      const { purpose } = ticket;
      if (purpose === 'hold') for (const line of (await tickets.read(ticket)).split('\n')) add(line);
      else if (purpose.startsWith(fetchPrefix)) add(`sha256:${purpose.slice(fetchPrefix.length)}`);
    }
    return held;
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
    const held = await heldBlobs();
    for (const digest of candidates)
      if (!needed.has(digest) && !held.has(digest)) {
        await blobs.remove(digest);
        log.debug('removed blob', { digest });
      }
  }

  async function pruneAtStart(): Promise<void> {
    try {
      await lock.run(prune);
    } catch (error) {
      // A store that cannot be written or is in use elsewhere can still be served.
      log.warn('not pruning', { error });
    }
  }

  async function prune(): Promise<void> {
    const names = await ownFiles();
    if (names.length === 0 || !(await exists(paths.manifests))) return;
    const { digests: needed, hasCorrupt } = await referenced();
    if (hasCorrupt) {
      log.warn('not pruning: a manifest is unreadable');
      return;
    }
    for (const digest of await strayDigests(paths.manifests)) needed.add(digest);
    const rubbish = findRubbish(names, { needed, held: await heldBlobs() });
    let nFiles = 0;
    let freedBytes = 0;
    for (const { name, sizeBytes } of rubbish) {
      if (!(await removeFile(path.join(paths.blobs, name)))) continue;
      nFiles++;
      freedBytes += sizeBytes;
    }
    if (nFiles > 0) log.info('pruned the store', { files: nFiles, freed_bytes: freedBytes });
    await manifests.tidy(new Date(now() - minAgeMs));
  }

  /** Only names that Ollama and cria give: another program's folder that is taken for a store stays whole. */
  async function ownFiles(): Promise<readonly string[]> {
    const children = await readdir(paths.blobs, { withFileTypes: true }).catch((error: unknown): Dirent[] => {
      if (isMissing(error)) return [];
      throw error;
    });
    return children.filter((child) => child.isFile() && ownName.test(child.name)).map(({ name }) => name);
  }

  /** A download's files count as one, as old as the youngest of them: parts that are complete are not written any more. */
  function findRubbish(names: readonly string[], keep: KeptBlobs): readonly BlobFile[] {
    const groups = new Map<string, BlobFile[]>();
    for (const name of names) {
      const [, blob = '', suffix = ''] = ownName.exec(name) ?? [];
      const digest = tryParseDigest(blob);
      if (digest !== undefined && (keep.held.has(digest) || (suffix === '' && keep.needed.has(digest))))
        continue;
      const stats = lstatSync(path.join(paths.blobs, name), { throwIfNoEntry: false });
      if (stats === undefined) continue;
      const file = { name, sizeBytes: stats.size, ageMs: ageMs(stats, now()) };
      const key = suffix === '' ? name : `${blob} download`;
      groups.set(key, [...(groups.get(key) ?? []), file]);
    }
    return [...groups.values()].filter((group) => group.every((file) => file.ageMs > minAgeMs)).flat();
  }

  async function removeFile(file: string): Promise<boolean> {
    try {
      await unlink(file);
      log.debug('pruned', { path: file });
      return true;
    } catch (error) {
      if (!isMissing(error)) log.warn('could not prune', { path: file, error });
      return false;
    }
  }

  async function renameLegacyBlobs(): Promise<void> {
    for (const name of await ownFiles()) {
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

/** What is not deleted: blobs that manifests refer to, and blobs, downloads of them included, that somebody is about to use. */
interface KeptBlobs {
  readonly needed: ReadonlySet<Digest>;
  readonly held: ReadonlySet<Digest>;
}

interface BlobFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly ageMs: number;
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
