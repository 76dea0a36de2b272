/** What files below `manifests/` mention that are no manifests to cria: a newer Ollama's, say, or links to elsewhere. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { CriaError } from '../errors.ts';
import type { Digest } from '../types/digest.ts';
import { isTemporaryFile } from '../util/atomic-file.ts';
import { tryParseDigest } from './digest.ts';
import { isMissing, readBounded } from './files.ts';
import { maxManifestBytes } from './manifest.ts';
import { checkedName } from './name.ts';
import { manifestDepth } from './walk-manifests.ts';

/** Deeper than any manifest; nobody knows what lies below. */
const maxDepth = 2 * manifestDepth;

/**
 * Digests of the blobs that may be in use although no proper manifest refers to them. Throws `corrupt_store` where it cannot
 * tell: links to folders, which Ollama follows, and what is too deep or too large to look into; and the system's errors.
 */
export async function strayDigests(manifests: string): Promise<Set<Digest>> {
  const digests = new Set<Digest>();

  async function walk(directory: string, parts: readonly string[]): Promise<void> {
    if (parts.length > maxDepth) throw unknown(directory, 'is nested too deeply');
    for (const child of await childrenOf(directory)) {
      const below = [...parts, child.name];
      const file = path.join(directory, child.name);
      if (child.isDirectory()) await walk(file, below);
      else if (!isProperManifest(child, below)) await look(file, child);
    }
  }

  async function look(file: string, child: Dirent): Promise<void> {
    if (isTemporaryFile(child.name)) return;
    const stats = await stat(file).catch((error: unknown) => {
      if (isMissing(error)) return undefined; // a broken link, or deleted meanwhile
      throw error;
    });
    if (stats?.isDirectory() === true) throw unknown(file, 'is a link to a folder');
    if (stats === undefined || !stats.isFile()) return;
    const text = (await readBounded(file, maxManifestBytes)).toString('latin1');
    for (const [match] of text.matchAll(/sha256[:-][0-9a-f]{64}/gi)) {
      const digest = tryParseDigest(match);
      if (digest !== undefined) digests.add(digest);
    }
  }

  await walk(manifests, []);
  return digests;
}

/** Such a file has been read as a manifest already. */
function isProperManifest(child: Dirent, parts: readonly string[]): boolean {
  const [host = '', namespace = '', model = '', tag = ''] = parts;
  const isNamed =
    parts.length === manifestDepth && checkedName({ host, namespace, model, tag }) !== undefined;
  return isNamed && child.isFile();
}

async function childrenOf(directory: string): Promise<Dirent[]> {
  return readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return []; // deleted meanwhile
    throw error;
  });
}

function unknown(file: string, why: string): CriaError {
  return new CriaError('corrupt_store', `${file} ${why}`);
}
