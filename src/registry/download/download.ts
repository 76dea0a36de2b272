/** Fetches one blob in parallel parts, hashing it meanwhile, and puts it into the store when its digest is right. */
import { setMaxListeners } from 'node:events';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, statfs } from 'node:fs/promises';
import path from 'node:path';
import { CriaError, cancelledError, toCriaError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { digestFromHex } from '../../store/digest.ts';
import type { Layer } from '../../store/manifest.ts';
import type { StorePaths } from '../../store/paths.ts';
import type { Digest } from '../../types/digest.ts';
import { syncDirectory } from '../../util/atomic-file.ts';
import { BackgroundSync } from '../../util/background-sync.ts';
import { BatchWriter } from '../../util/batch-writer.ts';
import { type FileHash, type FileHasher, hasherFor, hashFile } from '../../util/file-hash.ts';
import { mapLimit } from '../../util/map-limit.ts';
import { raceAbort } from '../../util/race-abort.ts';
import { retry } from '../retry.ts';
import type { Session } from '../session.ts';
import type { RegistrySettings } from '../settings.ts';
import { BlobSource, NoRangesError } from './blob-source.ts';
import { completedBytes, contiguousBytes, isComplete, type Part, planParts } from './part.ts';
import { PartFiles } from './part-files.ts';
import { repair } from './repair.ts';

export interface DownloadDeps {
  readonly paths: StorePaths;
  readonly hasher: FileHasher;
  readonly settings: RegistrySettings;
  readonly log: Logger;
}

/** The partial file while it is being filled. */
interface Target {
  readonly handle: FileHandle;
  readonly hash: FileHash;
  readonly sync: BackgroundSync;
}

/** A blob under way. */
export class Download {
  readonly #deps: DownloadDeps;
  readonly #source: BlobSource;
  readonly #layer: Layer;
  readonly #files: PartFiles;
  #parts: Part[] = [];
  /** False once the registry has shown that it sends whole blobs only. */
  #hasRanges = true;
  /** Bytes of parts that have been fetched again, while that goes on. */
  #repairedBytes: number | undefined;

  constructor(deps: DownloadDeps, session: Session, layer: Layer) {
    this.#deps = deps;
    this.#source = new BlobSource(session, layer);
    this.#layer = layer;
    this.#files = new PartFiles(deps.paths, layer.digest);
  }

  get completedBytes(): number {
    return this.#repairedBytes ?? completedBytes(this.#parts);
  }

  /** Throws what `Registry` says. Leaves the partial file behind, except after a wrong digest. */
  async run(signal: AbortSignal): Promise<void> {
    const { paths } = this.#deps;
    await mkdir(paths.blobs, { recursive: true });
    const handle = await this.#prepare();
    try {
      await this.#fill(handle, signal);
      await handle.sync();
    } catch (error) {
      throw toCriaError(error);
    } finally {
      await handle.close();
    }
    const blob = paths.blob(this.#layer.digest);
    await rename(this.#files.dataPath, blob);
    // Last: a process that is killed in between leaves files that say nothing without their data.
    await this.#files.removeParts();
    await syncDirectory(path.dirname(blob));
  }

  /** Opens the partial file at its full size, with the parts of an earlier attempt or new ones. */
  async #prepare(): Promise<FileHandle> {
    const { size } = this.#layer;
    const known = await this.#files.load(size);
    if (known === undefined) await this.#files.removeAll();
    await this.#requireSpace(size - completedBytes(known ?? []));
    this.#parts = known ?? planParts(size, this.#partSizes());
    const handle = await open(
      this.#files.dataPath,
      constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0),
      0o644,
    );
    try {
      await handle.truncate(size);
      if (known === undefined) for (const part of this.#parts) await this.#files.save(part);
      return handle;
    } catch (error) {
      await handle.close();
      throw toCriaError(error);
    }
  }

  #partSizes(): Parameters<typeof planParts>[1] {
    const { minPartBytes, maxPartBytes } = this.#deps.settings;
    return { count: 64, minBytes: minPartBytes, maxBytes: maxPartBytes };
  }

  /** A disk that is too small is told at once, not after hours. */
  async #requireSpace(neededBytes: number): Promise<void> {
    const disk = await statfs(this.#deps.paths.blobs).catch(() => undefined); // not every file system tells
    if (disk === undefined) return;
    const freeBytes = disk.bavail * disk.bsize;
    if (neededBytes > freeBytes)
      throw new CriaError(
        'disk_full',
        `no space left on device: ${neededBytes} bytes needed, ${freeBytes} free`,
      );
  }

  async #fill(handle: FileHandle, signal: AbortSignal): Promise<void> {
    let digest: Digest;
    try {
      digest = await this.#fetchParts(handle, signal);
    } catch (error) {
      if (!(error instanceof NoRangesError)) throw error;
      await this.#startWhole(handle);
      digest = await this.#fetchParts(handle, signal);
    }
    if (digest === this.#layer.digest) return;
    this.#deps.log.warn('digest mismatch, fetching parts again', { digest: this.#layer.digest, got: digest });
    const repaired = await this.#repair(handle, digest, signal);
    if (repaired === this.#layer.digest) return;
    await this.#files.removeAll();
    throw new CriaError(
      'digest_mismatch',
      `digest mismatch, file must be downloaded again: want ${this.#layer.digest}, got ${repaired}`,
    );
  }

  /** One part, the whole blob. */
  async #startWhole(handle: FileHandle): Promise<void> {
    this.#hasRanges = false;
    await this.#files.removeParts();
    await handle.truncate(0);
    await handle.truncate(this.#layer.size);
    this.#parts = [{ index: 0, offset: 0, size: this.#layer.size, completed: 0, isPatched: false }];
  }

  /** Fetches what is missing; resolves with the digest of the whole. */
  async #fetchParts(handle: FileHandle, signal: AbortSignal): Promise<Digest> {
    const parts = this.#parts;
    const { hasher, settings } = this.#deps;
    using hash = hasherFor(this.#layer.size, hasher).open(this.#files.dataPath);
    const sync = new BackgroundSync(() => handle.datasync());
    const broken = new AbortController();
    const partSignal = AbortSignal.any([signal, broken.signal]);
    setMaxListeners(0, partSignal); // every part listens
    try {
      hash.advance(contiguousBytes(parts)); // starts on what is there already
      const missing = parts.filter((part) => !isComplete(part));
      // No part may be left running when the file is closed: failures are kept until all have ended.
      await mapLimit(missing, settings.parallelParts, async (part) => {
        if (partSignal.aborted) return;
        try {
          await this.#fetchPart(part, { handle, hash, sync }, partSignal);
        } catch (error) {
          // The first failure cancels the others, whose own errors say nothing.
          if (!partSignal.aborted) broken.abort(error);
        }
      });
      if (signal.aborted) throw cancelledError();
      broken.signal.throwIfAborted();
      return digestFromHex(await raceAbort(hash.finish(), signal));
    } finally {
      await sync.idle();
    }
  }

  async #fetchPart(part: Part, { handle, hash, sync }: Target, signal: AbortSignal): Promise<void> {
    const { settings, log } = this.#deps;
    let attempts = 0;
    await retry(
      async (progressed) => {
        if (attempts++ > 0) part.isPatched = true;
        if (!this.#hasRanges) part.completed = 0;
        const checkpoint = this.#checkpoint(part);
        const writer = new BatchWriter(handle, part.offset + part.completed, (end) => {
          sync.wrote(end - part.offset - part.completed);
          part.completed = end - part.offset;
          hash.advance(contiguousBytes(this.#parts));
          progressed();
          checkpoint.tick();
        });
        try {
          const range = { start: part.offset + part.completed, end: part.offset + part.size };
          const take = (chunk: Buffer): Promise<void> | undefined => writer.push(chunk)?.catch(throwTyped);
          await this.#source.fetch(range, { isWhole: !this.#hasRanges, signal, take });
        } finally {
          await writer.flush().catch(throwTyped);
          if (isComplete(part)) await sync.flush().catch(throwTyped);
          await checkpoint.finish();
        }
      },
      {
        ...settings,
        signal,
        onRetry: (error, pauseMs) =>
          log.info('part of a download failed, trying again', {
            digest: this.#layer.digest,
            part: part.index,
            error,
            pauseMs: Math.round(pauseMs),
          }),
      },
    );
  }

  /** Writes the state of a part now and then, and at the end of an attempt. */
  #checkpoint(part: Part): { tick(): void; finish(): Promise<void> } {
    if (!this.#hasRanges) return { tick: () => {}, finish: async () => {} }; // there is no going on from the middle
    const { checkpointMs, checkpointBytes } = this.#deps.settings;
    let savedAt = performance.now();
    let savedBytes = part.completed;
    let saving: Promise<void> | undefined;
    return {
      tick: () => {
        const now = performance.now();
        const isDue = now - savedAt >= checkpointMs || part.completed - savedBytes >= checkpointBytes;
        if (saving !== undefined || !isDue) return;
        savedAt = now;
        savedBytes = part.completed;
        saving = this.#files
          .save(part)
          .catch(() => {}) // the one at the end tells what is wrong with the disk
          .finally(() => {
            saving = undefined;
          });
      },
      finish: async () => {
        await saving;
        await this.#files.save(part);
      },
    };
  }

  async #repair(handle: FileHandle, digest: Digest, signal: AbortSignal): Promise<Digest> {
    this.#repairedBytes = 0;
    try {
      return await repair({
        handle,
        hash: async () => digestFromHex(await hashFile(this.#deps.hasher, this.#files.dataPath, { signal })),
        parts: this.#parts,
        want: this.#layer.digest,
        got: digest,
        settings: this.#deps.settings,
        signal,
        fetch: (range, take) => this.#source.fetch(range, { isWhole: !this.#hasRanges, signal, take }),
        onBytes: (count) => {
          this.#repairedBytes = (this.#repairedBytes ?? 0) + count;
        },
      });
    } finally {
      this.#repairedBytes = undefined;
    }
  }
}

/** Keeps failures of the disk from being taken for ones of the network, which are worth another attempt. */
function throwTyped(error: unknown): never {
  throw toCriaError(error);
}
