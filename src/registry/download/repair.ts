/**
 * Finds and replaces the damaged parts of a blob whose digest is wrong. The digest says nothing about where the damage is, so
 * parts are fetched again one after the other and compared with what is there: those put together by several attempts first,
 * since damage comes from seams. After each part that differed the whole is hashed again; the first match ends the search.
 * At worst a blob is fetched twice; when nothing differs, the registry's own copy is wrong.
 */
import type { FileHandle } from 'node:fs/promises';
import { toCriaError } from '../../errors.ts';
import type { Digest } from '../../types/digest.ts';
import { retry } from '../retry.ts';
import type { RegistrySettings } from '../settings.ts';
import type { Range } from './blob-source.ts';
import type { Part } from './part.ts';

export interface RepairJob {
  readonly handle: FileHandle;
  /** Digest of what the file holds. */
  readonly hash: () => Promise<Digest>;
  /** All complete. */
  readonly parts: readonly Part[];
  readonly want: Digest;
  readonly got: Digest;
  readonly settings: RegistrySettings;
  readonly signal: AbortSignal;
  readonly fetch: (range: Range, take: (chunk: Buffer) => Promise<void>) => Promise<void>;
  readonly onBytes: (count: number) => void;
}

/** Resolves with the digest of what the file holds in the end. */
export async function repair(job: RepairJob): Promise<Digest> {
  const { parts, want, got, hash } = job;
  let digest = got;
  const suspects = [...parts].sort((a, b) => Number(b.isPatched) - Number(a.isPatched) || a.index - b.index);
  for (const part of suspects) {
    if (!(await replace(part, job))) continue;
    digest = await hash();
    if (digest === want) break;
  }
  return digest;
}

/** Fetches a part again; true when it differed. */
async function replace(
  part: Part,
  { handle, settings, signal, fetch, onBytes }: RepairJob,
): Promise<boolean> {
  const end = part.offset + part.size;
  let position = part.offset;
  let hasChanged = false;
  await retry(
    (progressed) => {
      return fetch({ start: position, end }, async (chunk) => {
        const before = Buffer.alloc(chunk.length);
        const { bytesRead } = await handle.read(before, 0, chunk.length, position);
        if (bytesRead !== chunk.length || !before.equals(chunk)) {
          hasChanged = true;
          await writeAll(handle, chunk, position);
        }
        position += chunk.length;
        progressed();
        onBytes(chunk.length);
      });
    },
    { ...settings, signal },
  );
  return hasChanged;
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  try {
    for (let written = 0; written < bytes.length; ) {
      const result = await handle.write(bytes, written, bytes.length - written, position + written);
      written += result.bytesWritten;
    }
  } catch (error) {
    throw toCriaError(error); // no failure of the network
  }
}
