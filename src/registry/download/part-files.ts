/** The state of a download on disk, in Ollama's form: `-partial` has the bytes, `-partial-<N>` says what of part N is there. */
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CriaError } from '../../errors.ts';
import { isMissing, readBounded } from '../../store/files.ts';
import type { StorePaths } from '../../store/paths.ts';
import type { Digest } from '../../types/digest.ts';
import type { Part } from './part.ts';

const maxFileBytes = 4096;

/** The files of one digest. Whatever is unreadable counts as not being there. */
export class PartFiles {
  readonly #paths: StorePaths;
  readonly #digest: Digest;

  constructor(paths: StorePaths, digest: Digest) {
    this.#paths = paths;
    this.#digest = digest;
  }

  get dataPath(): string {
    return this.#paths.partialBlob(this.#digest);
  }

  /** Parts of an earlier download of the same size; undefined when there are none that fit together. */
  async load(totalBytes: number): Promise<Part[] | undefined> {
    const data = await stat(this.dataPath).catch(() => undefined);
    if (data === undefined || !data.isFile() || data.size !== totalBytes) return undefined;
    const parts: Part[] = [];
    for (const index of await this.#indices()) {
      const part = await this.#read(index);
      if (part === undefined) return undefined;
      parts.push(part);
    }
    let end = 0;
    for (const part of parts) {
      if (part.offset !== end) return undefined;
      end += part.size;
    }
    return end === totalBytes && parts.length > 0 ? parts : undefined;
  }

  /** Replaces the file of one part. */
  async save(part: Part): Promise<void> {
    // Capitals as Go writes fields without names of their own.
    const { index: N, offset: Offset, size: Size, completed: Completed } = part;
    const temporary = this.#paths.temporaryBlob();
    try {
      await writeFile(temporary, `${JSON.stringify({ N, Offset, Size, Completed })}\n`, { flag: 'wx' });
      await rename(temporary, this.#paths.partialBlob(this.#digest, part.index));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async removeParts(): Promise<void> {
    for (const index of await this.#indices())
      await rm(this.#paths.partialBlob(this.#digest, index), { force: true });
  }

  async removeAll(): Promise<void> {
    await this.removeParts();
    await rm(this.dataPath, { force: true });
  }

  async #indices(): Promise<number[]> {
    const prefix = `${path.basename(this.dataPath)}-`;
    const names = await readdir(this.#paths.blobs).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    return names
      .filter((name) => name.startsWith(prefix) && /^\d{1,6}$/.test(name.slice(prefix.length)))
      .map((name) => Number(name.slice(prefix.length)))
      .sort((a, b) => a - b);
  }

  async #read(index: number): Promise<Part | undefined> {
    const file = this.#paths.partialBlob(this.#digest, index);
    try {
      const value: unknown = JSON.parse((await readBounded(file, maxFileBytes)).toString('utf8'));
      return toPart(value, index);
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof CriaError || isMissing(error)) return undefined;
      throw error;
    }
  }
}

function toPart(value: unknown, index: number): Part | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const numberOf = (key: string): number => Number((value as Record<string, unknown>)[key]); // checked below
  const [n, offset, size, completed] = ['N', 'Offset', 'Size', 'Completed'].map(numberOf);
  const isCount = (count: number | undefined): count is number =>
    Number.isSafeInteger(count) && Number(count) >= 0;
  if (n !== index || !isCount(offset) || !isCount(size) || !isCount(completed)) return undefined;
  if (size === 0 || completed > size) return undefined;
  return { index, offset, size, completed, isPatched: completed > 0 };
}
