/** Copying and deleting models. */
import { CriaError } from '../errors.ts';
import { digestsOf } from '../store/manifest.ts';
import type { ManifestEntry } from '../store/manifests.ts';
import { displayName, fullName, parseModelSource, tryParseModelName } from '../store/name.ts';
import type { Digest } from '../types/digest.ts';
import type { LibraryContext } from './context.ts';

/**
 * Gives a model a second name; the blobs are shared. An existing destination is replaced, its blobs stay. Throws
 * `bad_request` for an invalid name and `model_not_found`.
 */
export async function copyModel(
  { store }: LibraryContext,
  source: string,
  destination: string,
): Promise<void> {
  const from = tryParseModelName(source);
  if (from === undefined) throw new CriaError('bad_request', `source ${JSON.stringify(source)} is invalid`);
  const to = tryParseModelName(destination);
  if (to === undefined)
    throw new CriaError('bad_request', `destination ${JSON.stringify(destination)} is invalid`);
  await store.lock.run(async () => {
    const entry = await store.catalog.locate(from);
    if (entry === undefined)
      throw new CriaError('model_not_found', `model ${JSON.stringify(source)} not found`);
    const target = await store.catalog.canonicalName(to);
    if (fullName(target) === fullName(entry.name)) return;
    const { bytes } = await store.manifests.read(entry);
    await store.manifests.write(target, bytes);
  });
}

/** Deletes a model and the blobs that no other model needs. Throws `bad_request` and `model_not_found`. */
export async function removeModel({ store, log }: LibraryContext, model: string): Promise<void> {
  if (model === '') throw new CriaError('bad_request', 'model is required');
  const name = tryParseModelName(localName(model));
  if (name === undefined) throw new CriaError('bad_request', `name ${JSON.stringify(model)} is invalid`);
  await store.lock.run(async () => {
    const entry = await store.catalog.locate(name);
    if (entry === undefined) throw new CriaError('model_not_found', `model '${model}' not found`);
    const digests = await digestsIn(entry);
    await store.manifests.remove(entry.name);
    await store.garbage.removeUnreferenced(digests);
  });

  /** A manifest that cannot be read can still be deleted; its blobs are left to the next start. */
  async function digestsIn(entry: ManifestEntry): Promise<readonly Digest[]> {
    try {
      return digestsOf((await store.manifests.read(entry)).manifest);
    } catch (error) {
      log.warn('deleting an unreadable manifest', { model: displayName(entry.name), error });
      return [];
    }
  }
}

/** Entries for cloud models are stored under `m:cloud` and `m:tag-cloud`. */
function localName(text: string): string {
  const { source, base } = parseModelSource(text);
  if (source !== 'cloud') return base;
  return /:[^/]*$/.test(base) ? `${base}-cloud` : `${base}:cloud`;
}
