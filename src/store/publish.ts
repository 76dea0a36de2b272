/** Making a model visible: the last step of whatever brings one. */
import { CriaError } from '../errors.ts';
import type { ModelName } from '../types/model-name.ts';
import type { BlobStore } from './blobs.ts';
import { type Layer, parseManifest } from './manifest.ts';
import type { ManifestStore } from './manifests.ts';
import { displayName } from './name.ts';

/**
 * Writes a manifest once all its blobs are seen to be there. To be called with the store's lock held, so that nobody deletes
 * one in between. Throws `corrupt_store`, `disk_full`.
 */
export type Publish = (name: ModelName, bytes: Buffer) => Promise<void>;

export function createPublisher(deps: {
  readonly blobs: Pick<BlobStore, 'stat'>;
  readonly manifests: Pick<ManifestStore, 'write'>;
}): Publish {
  async function requireBlob({ digest, size }: Layer): Promise<void> {
    const blob = await deps.blobs.stat(digest);
    // Ollama, which does not know of cria's lock, may share the folder.
    if (blob === undefined)
      throw new CriaError('corrupt_store', `blob ${digest} was deleted meanwhile; try again`);
    if (blob.sizeBytes !== size)
      throw new CriaError('corrupt_store', `blob ${digest} has ${blob.sizeBytes} bytes instead of ${size}`);
  }

  return async (name, bytes) => {
    const { config, layers } = parseManifest(bytes, `the manifest of ${displayName(name)}`);
    for (const layer of config === undefined ? layers : [...layers, config]) await requireBlob(layer);
    await deps.manifests.write(name, bytes);
  };
}
