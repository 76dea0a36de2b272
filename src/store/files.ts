/** File access that stays inside a directory and inside a bound. */
import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { CriaError } from '../errors.ts';

/**
 * What `file` is, or undefined when nothing is there. Throws `corrupt_store` unless it is a regular file inside
 * `directory`: symbolic links are followed, but not out of it. Links above `directory` are its owner's business.
 */
export async function statInside(directory: string, file: string): Promise<Stats | undefined> {
  try {
    const link = await lstat(file);
    const stats = link.isSymbolicLink() ? await stat(file) : link;
    if (stats.isFile() && (await liesInside(directory, file))) return stats;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  throw new CriaError('corrupt_store', `${file} is not a regular file of the model store`);
}

/** True when `file`, links followed, lies inside `directory`. Both exist. */
export async function liesInside(directory: string, file: string): Promise<boolean> {
  const [base, real] = await Promise.all([realpath(directory), realpath(file)]);
  return real.startsWith(base.endsWith(path.sep) ? base : base + path.sep);
}

/**
 * Creates the directories from `base` (created as well) down to `directory`, refusing to pass through a link that leads
 * out of `base`. Throws `corrupt_store` then.
 */
export async function makeDirectoryInside(base: string, directory: string): Promise<void> {
  await mkdir(base, { recursive: true });
  let current = base;
  for (const part of path.relative(base, directory).split(path.sep)) {
    current = path.join(current, part);
    await mkdir(current).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (!(await liesInside(base, current)))
      throw new CriaError('corrupt_store', `${current} is a link that leaves the model store`);
  }
}

/** Reads a whole file. Throws `corrupt_store` when it has more than `maxBytes`. */
export async function readBounded(file: string, maxBytes: number): Promise<Buffer> {
  // O_NONBLOCK: a pipe in the file's place must not block. Windows has neither.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const { size } = await handle.stat();
    if (size > maxBytes)
      throw new CriaError('corrupt_store', `${file} has ${size} bytes, more than ${maxBytes}`);
    const buffer = Buffer.alloc(size);
    let length = 0;
    while (length < size) {
      const { bytesRead } = await handle.read(buffer, length, size - length, length);
      if (bytesRead === 0) break; // it has become shorter meanwhile
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } finally {
    await handle.close();
  }
}

/**
 * Milliseconds since a file came here or was written. A hard link has the times of the user's own file, where only the change
 * of the link count tells when it was made.
 */
export function ageMs({ mtimeMs, ctimeMs, nlink }: Stats, nowMs: number): number {
  return nowMs - (nlink > 1 ? Math.max(mtimeMs, ctimeMs) : mtimeMs);
}

/** True for the system's error that a path does not exist. */
export function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
