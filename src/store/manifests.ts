/** Manifest files: found four levels deep, read once, written atomically. */
import type { Stats } from 'node:fs';
import { stat as fileStat, readdir, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CriaError, toCriaError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { ModelName } from '../types/model-name.ts';
import { isTemporaryFile, syncDirectory, writeFileAtomic } from '../util/atomic-file.ts';
import { digestHex, digestOf } from './digest.ts';
import { isMissing, makeDirectoryInside, readBounded, statInside } from './files.ts';
import { type Manifest, maxManifestBytes, parseManifest } from './manifest.ts';
import { displayName } from './name.ts';
import type { StorePaths } from './paths.ts';
import { manifestDepth as depth, walkManifests } from './walk-manifests.ts';

/** A manifest file that exists; equal stamps mean equal content. */
export interface ManifestEntry {
  readonly name: ModelName;
  readonly path: string;
  readonly modifiedAt: Date;
  /** Changes with every change of the file. */
  readonly stamp: string;
}

export interface LoadedManifest {
  readonly entry: ManifestEntry;
  readonly manifest: Manifest;
  /** The file, byte for byte. */
  readonly bytes: Buffer;
  /** Bare hexadecimal sha256 of the bytes. */
  readonly digest: string;
}

export interface ManifestStore {
  /** All manifests, in no particular order; files that are in the wrong place are skipped. */
  list(): Promise<readonly ManifestEntry[]>;
  /** The manifest of exactly this name. Throws `corrupt_store` for something that is no file of the store. */
  stat(name: ModelName): Promise<ManifestEntry | undefined>;
  /** Throws `corrupt_store`, or `model_not_found` when the file has gone. */
  read(entry: ManifestEntry): Promise<LoadedManifest>;
  /** Writes the bytes as they are. Throws `disk_full`. */
  write(name: ModelName, bytes: Uint8Array): Promise<void>;
  /** Deletes the manifest and the directories that become empty; false when there was none. */
  remove(name: ModelName): Promise<boolean>;
  /** Deletes empty directories below `manifests/`, and temporary files that a crash has left there. */
  tidy(olderThan: Date): Promise<void>;
}

/** Listing reads synchronously, but never keeps the event loop longer than this and one call to the file system. */
const sliceMs = 2;

export function createManifestStore(paths: StorePaths, log: Logger): ManifestStore {
  /** Misplaced files are reported once. */
  const reported = new Set<string>();

  function skip(file: string): void {
    if (reported.has(file)) return;
    reported.add(file);
    log.warn('skipped: not a manifest', { path: file });
  }

  async function list(): Promise<readonly ManifestEntry[]> {
    const entries: ManifestEntry[] = [];
    let sliceEnd = performance.now() + sliceMs;
    for (const { name, file, stats } of walkManifests(paths.manifests)) {
      if (name === undefined) skip(file);
      else if (stats !== undefined) entries.push(toEntry(name, file, stats));
      else await addUnusual(name, file, entries);
      if (performance.now() < sliceEnd) continue;
      await nextTurn();
      sliceEnd = performance.now() + sliceMs;
    }
    return entries;
  }

  /** Something in a manifest's place that is no plain file, such as a link. */
  async function addUnusual(name: ModelName, file: string, entries: ManifestEntry[]): Promise<void> {
    try {
      const entry = await stat(name);
      if (entry !== undefined) entries.push(entry);
    } catch (error) {
      if (!(error instanceof CriaError)) throw error;
      skip(file);
    }
  }

  async function stat(name: ModelName): Promise<ManifestEntry | undefined> {
    const file = paths.manifest(name);
    const stats = await statInside(paths.manifests, file);
    return stats === undefined ? undefined : toEntry(name, file, stats);
  }

  async function read(entry: ManifestEntry): Promise<LoadedManifest> {
    const what = `manifest of ${displayName(entry.name)}`;
    const bytes = await readBounded(entry.path, maxManifestBytes).catch((error: unknown) => {
      if (isMissing(error))
        throw new CriaError('model_not_found', `model '${displayName(entry.name)}' not found`);
      throw error;
    });
    return { entry, manifest: parseManifest(bytes, what), bytes, digest: digestHex(digestOf(bytes)) };
  }

  async function write(name: ModelName, bytes: Uint8Array): Promise<void> {
    try {
      const file = paths.manifest(name);
      await makeDirectoryInside(paths.manifests, path.dirname(file));
      await writeFileAtomic(file, bytes);
    } catch (error) {
      throw toCriaError(error);
    }
  }

  async function remove(name: ModelName): Promise<boolean> {
    if ((await stat(name)) === undefined) return false;
    const file = paths.manifest(name);
    await unlink(file);
    // Before its blobs are deleted: a power failure must not bring it back without them.
    await syncDirectory(path.dirname(file));
    for (let level = 1; level < depth; level++) {
      const directory = path.resolve(file, ...new Array<string>(level).fill('..'));
      if (!(await removeIfEmpty(directory))) break;
    }
    return true;
  }

  async function tidy(olderThan: Date): Promise<void> {
    const tidyDirectory = async (directory: string, level: number): Promise<void> => {
      const children = await readdir(directory, { withFileTypes: true }).catch(() => []);
      for (const child of children) {
        const childPath = path.join(directory, child.name);
        if (child.isDirectory() && level < depth) await tidyDirectory(childPath, level + 1);
        else if (child.isFile() && isTemporaryFile(child.name)) await removeIfOlder(childPath, olderThan);
      }
      if (level > 0) await removeIfEmpty(directory);
    };
    await tidyDirectory(paths.manifests, 0);
  }

  return { list, stat, read, write, remove, tidy };
}

function toEntry(name: ModelName, file: string, stats: Stats): ManifestEntry {
  return { name, path: file, modifiedAt: stats.mtime, stamp: stampOf(stats) };
}

/** The inode tells files apart that replaced each other within the clock's grain. */
export function stampOf(stats: Stats): string {
  return `${stats.mtimeMs}:${stats.size}:${stats.ino}`;
}

async function removeIfOlder(file: string, than: Date): Promise<void> {
  const stats = await fileStat(file).catch(() => undefined);
  if (stats !== undefined && stats.mtime < than) await unlink(file).catch(() => {}); // the next start tries again
}

async function removeIfEmpty(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
    return true;
  } catch {
    return false; // not empty, or not ours to remove: either way it stays
  }
}
