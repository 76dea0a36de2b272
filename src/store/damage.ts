/** Remembers which blobs were found damaged, so that the next pull or upload replaces them although they have their size. */
import type { Stats } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Digest } from '../types/digest.ts';
import { digestHex } from './digest.ts';
import { isMissing } from './files.ts';
import type { StorePaths } from './paths.ts';

export interface DamageNotes {
  /** Notes that the file at `blobPath` does not hold what its digest says. */
  add(digest: Digest, blobPath: string): Promise<void>;
  /** To be called when a blob was found whole or was replaced. */
  remove(digest: Digest): Promise<void>;
  /** True while the very file that was noted is still there. */
  has(digest: Digest, blobPath: string): Promise<boolean>;
}

/** Notes are small files of their own, so that several processes can keep them. */
export function createDamageNotes(paths: StorePaths): DamageNotes {
  const directory = path.join(paths.notes, 'damaged');
  const noteOf = (digest: Digest): string => path.join(directory, digestHex(digest));

  return {
    add: async (digest, blobPath) => {
      await mkdir(directory, { recursive: true });
      await writeFile(noteOf(digest), stampOf(await stat(blobPath)));
    },
    remove: (digest) => rm(noteOf(digest), { force: true }),
    has: async (digest, blobPath) => {
      try {
        const note = await readFile(noteOf(digest), 'latin1');
        return note === stampOf(await stat(blobPath));
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    },
  };
}

/** Unlike that of a manifest it outlives a change of the modification time, which is set whenever a blob is used anew. */
function stampOf({ ino, size, birthtimeMs }: Stats): string {
  return `${ino}:${size}:${birthtimeMs}`;
}
