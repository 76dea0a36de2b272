/** POST /api/verify: hashes what models consist of and tells what is damaged. Deletes nothing. */
import { CriaError, cancelledError, isCriaError, toCriaError } from '../errors.ts';
import type { StoredBlob } from '../store/blobs.ts';
import type { Layer } from '../store/manifest.ts';
import type { ManifestEntry } from '../store/manifests.ts';
import { displayName, parseModelName } from '../store/name.ts';
import type { Store } from '../store/store.ts';
import type { Digest } from '../types/digest.ts';
import { whilePending } from '../util/while-pending.ts';
import type { LibraryContext } from './context.ts';
import { blobsOf } from './pull.ts';
import type { Damage, VerifyEvent } from './types.ts';

/** How often the bytes so far are reported. */
const reportMs = 100;

/** A manifest and what it says of a blob; of blobs that no model uses, there is none. */
interface Use {
  readonly entry: ManifestEntry;
  readonly sizeBytes: number;
}

interface BlobToCheck {
  readonly digest: Digest;
  readonly uses: Use[];
  /** Undefined when it is missing or no file of the store. */
  readonly stored: StoredBlob | undefined;
}

/** See `Library.verify`. */
export async function* verifyModels(
  { store, log }: LibraryContext,
  names: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<VerifyEvent> {
  const damage: Damage[] = [];
  const madeHere = new Set<string>();
  const entries = await findEntries(store, names);
  const uses = new Map<Digest, Use[]>();
  for (const entry of entries) {
    if (signal.aborted) throw cancelledError();
    try {
      const { manifest } = await store.manifests.read(entry);
      if (manifest.layers.some(({ from }) => from !== undefined)) madeHere.add(displayName(entry.name));
      for (const layer of blobsOf(manifest))
        uses.set(layer.digest, [...(uses.get(layer.digest) ?? []), useOf(entry, layer)]);
    } catch (error) {
      if (isCriaError(error, 'model_not_found')) continue; // deleted meanwhile
      const { message } = toCriaError(error);
      damage.push({ problem: 'unreadable_manifest', message, models: [displayName(entry.name)] });
    }
  }
  // Those that nobody uses may be used tomorrow, without being looked at again.
  if (names.length === 0)
    for (const digest of await store.blobs.list()) if (!uses.has(digest)) uses.set(digest, []);
  for (const found of damage) yield { type: 'damage', damage: found };

  const blobs: BlobToCheck[] = [];
  for (const [digest, usedBy] of uses)
    blobs.push({ digest, uses: usedBy, stored: await statOrNothing(store, digest) });
  const totalBytes = blobs.reduce((sum, { stored }) => sum + (stored?.sizeBytes ?? 0), 0);
  let completedBytes = 0;
  yield { type: 'progress', totalBytes, completedBytes };
  for (const blob of blobs) {
    if (signal.aborted) throw cancelledError();
    let hashedBytes = 0;
    const checking = check(store, blob, { signal, onProgress: (bytes) => (hashedBytes = bytes) });
    for await (const _ of whilePending(checking, reportMs))
      yield { type: 'progress', totalBytes, completedBytes: completedBytes + hashedBytes };
    for (const found of await checking) {
      log.warn('damaged', { ...found });
      damage.push(found);
      yield { type: 'damage', damage: found };
    }
    completedBytes += blob.stored?.sizeBytes ?? 0;
    yield { type: 'progress', totalBytes, completedBytes };
  }
  const damaged = [...new Set(damage.flatMap(({ models }) => models))];
  yield {
    type: 'done',
    nModels: entries.length,
    nBlobs: blobs.length,
    totalBytes,
    damage,
    madeHere: damaged.filter((name) => madeHere.has(name)),
  };
}

function useOf(entry: ManifestEntry, { size }: Layer): Use {
  return { entry, sizeBytes: size };
}

async function findEntries(store: Store, names: readonly string[]): Promise<readonly ManifestEntry[]> {
  if (names.length === 0) return store.manifests.list();
  const entries = new Map<string, ManifestEntry>();
  for (const name of names) {
    const entry = await store.catalog.locate(parseModelName(name));
    if (entry === undefined) throw new CriaError('model_not_found', `model '${name}' not found`);
    entries.set(entry.path, entry);
  }
  return [...entries.values()];
}

async function statOrNothing(store: Store, digest: Digest): Promise<StoredBlob | undefined> {
  try {
    return await store.blobs.stat(digest);
  } catch (error) {
    if (isCriaError(error, 'corrupt_store')) return undefined;
    throw error;
  }
}

/** What lies in the place of a blob and is none. */
async function obstacleAt(store: Store, digest: Digest): Promise<string | undefined> {
  try {
    await store.blobs.stat(digest);
    return undefined;
  } catch (error) {
    return toCriaError(error).message;
  }
}

/** What is wrong with one blob, as far as models that are still there are concerned. */
async function check(
  store: Store,
  { digest, uses, stored }: BlobToCheck,
  options: { signal: AbortSignal; onProgress: (bytes: number) => void },
): Promise<readonly Damage[]> {
  const found: Damage[] = [];
  const report = async (
    problem: Damage['problem'],
    message: string,
    concerned: readonly Use[],
  ): Promise<void> => {
    const models: string[] = [];
    for (const { entry } of concerned)
      if (await isUnchanged(store, entry)) models.push(displayName(entry.name));
    // Somebody may have deleted or replaced the models while their blobs were hashed.
    if (models.length > 0 || concerned.length === 0) found.push({ problem, digest, message, models });
  };
  if (stored === undefined) {
    const obstacle = await obstacleAt(store, digest);
    if (obstacle === undefined) await report('missing_blob', 'is missing', uses);
    else await report('unreadable_blob', `cannot be read: ${obstacle}`, uses);
    return found;
  }
  const isRight = ({ sizeBytes }: Use): boolean => sizeBytes === stored.sizeBytes;
  for (const use of uses.filter((candidate) => !isRight(candidate)))
    await report('wrong_size', `has ${stored.sizeBytes} bytes instead of ${use.sizeBytes}`, [use]);
  const rightUses = uses.filter(isRight);
  if (uses.length > 0 && rightUses.length === 0) return found;
  let actual: Digest;
  try {
    actual = await store.blobs.hashFile(stored.path, options);
  } catch (error) {
    const { code, message } = toCriaError(error);
    if (code === 'cancelled') throw error;
    if ((await statOrNothing(store, digest)) === undefined) {
      if (uses.length > 0) await report('missing_blob', 'is missing', rightUses);
    } else await report('unreadable_blob', `cannot be read: ${message}`, rightUses);
    return found;
  }
  const isDamaged = actual !== digest;
  if (isDamaged) await report('wrong_digest', `has the digest ${actual}`, rightUses);
  // Where it cannot be noted, as in a store of somebody else, nothing can be repaired either.
  await store.blobs.noteDamage(stored, isDamaged).catch(() => {});
  return found;
}

async function isUnchanged(store: Store, entry: ManifestEntry): Promise<boolean> {
  return (await store.manifests.stat(entry.name))?.stamp === entry.stamp;
}
