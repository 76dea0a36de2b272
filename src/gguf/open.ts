/** Opens model files: regular files only, so that a device or pipe can neither block nor feed a reader for ever. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { invalidGguf } from './error.ts';

/** The caller closes the handle. System errors (ENOENT …) pass through. */
export async function openRegularFile(path: string): Promise<{ handle: FileHandle; sizeBytes: number }> {
  // O_NONBLOCK: opening a pipe without a writer would hang. Windows does not have it, nor such pipes.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw invalidGguf('not a regular file');
    return { handle, sizeBytes: stats.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
