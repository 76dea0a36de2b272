/** Finds the GGUF files below a folder, whatever else is there: bounded in depth and number, never led out by links. */
import type { Dirent } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileError } from '../create/files.ts';
import type { Skipped } from './types.ts';

/** A GGUF file, by its magic. */
export interface GgufFile {
  /** As it was found: names tell more than where links lead. */
  readonly path: string;
  /** The file itself. */
  readonly realPath: string;
  readonly sizeBytes: number;
}

const maxDepth = 10;
/** Hundreds of times more than anybody has. */
const maxEntries = 200_000;

export interface WalkOptions {
  readonly signal: AbortSignal;
  /** Folders are entered unless it says no. */
  readonly enter?: (directory: string) => boolean;
}

/** Sorted by path. Folders that are links are not entered; files that are links have to lie below `boundary`. */
export async function findGgufFiles(
  root: string,
  boundary: string,
  { signal, enter = () => true }: WalkOptions,
): Promise<{ files: GgufFile[]; skipped: Skipped[] }> {
  const files: GgufFile[] = [];
  const skipped: Skipped[] = [];
  const base = await realpath(boundary);
  let nEntries = 0;

  async function walk(directory: string, depth: number): Promise<void> {
    signal.throwIfAborted();
    for (const entry of await entriesOf(directory)) {
      if (++nEntries > maxEntries)
        throw new Error(`${root}: more than ${maxEntries} files; name a folder in it`);
      const file = path.join(directory, entry.name);
      if (entry.isDirectory()) {
        if (depth === maxDepth) skipped.push({ origin: file, reason: 'too deep' });
        else if (enter(file)) await walk(file, depth + 1);
      } else if (/\.gguf$/i.test(entry.name)) await add(file);
    }
  }

  async function entriesOf(directory: string): Promise<Dirent[]> {
    try {
      const entries = await readdir(directory, { withFileTypes: true });
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      if (directory === root) throw fileError(root, error);
      skipped.push({ origin: directory, reason: reasonOf(error) });
      return [];
    }
  }

  async function add(file: string): Promise<void> {
    try {
      const found = await readGguf(file);
      if (!isBelow(base, found.realPath)) throw new Error('a link that leads out of the folder');
      files.push(found);
    } catch (error) {
      skipped.push({ origin: file, reason: reasonOf(error) });
    }
  }

  await walk(root, 1);
  return { files, skipped };
}

/** Throws an error that says why it is none. */
export async function readGguf(file: string): Promise<GgufFile> {
  const realPath = await realpath(file);
  const stats = await stat(realPath);
  if (!stats.isFile()) throw new Error('not a regular file');
  const handle = await open(realPath, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead < 4 || buffer.toString('latin1') !== 'GGUF') throw new Error('not a GGUF file');
  } finally {
    await handle.close();
  }
  return { path: file, realPath, sizeBytes: stats.size };
}

function isBelow(base: string, file: string): boolean {
  return file.startsWith(base.endsWith(path.sep) ? base : base + path.sep);
}

/** Node's messages repeat the path. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'a link to nowhere';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'ELOOP') return 'a link to itself';
  return error instanceof Error ? error.message : String(error);
}
