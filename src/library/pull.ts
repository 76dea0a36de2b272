/** POST /api/pull: fetches a model from a registry; its manifest becomes visible last. */
import { CriaError, cancelledError, isCriaError, toCriaError } from '../errors.ts';
import type { RegistrySession } from '../registry/types.ts';
import { digestsOf, isKind, type Layer, type Manifest, parseManifest } from '../store/manifest.ts';
import type { Digest } from '../types/digest.ts';
import type { ModelName } from '../types/model-name.ts';
import type { LibraryContext } from './context.ts';
import { blobProgress, followTransfer, transferName } from './transfer.ts';
import type { Progress, TransferRequest } from './types.ts';

/** See `Library.pull`. */
export function pullModel(
  context: LibraryContext,
  { model, insecure }: TransferRequest,
  signal: AbortSignal,
): AsyncGenerator<Progress> {
  const wanted = transferName(model);
  const session = context.registry.open({ name: wanted, isInsecure: insecure });
  return pull(context, wanted, session, signal);
}

async function* pull(
  context: LibraryContext,
  wanted: ModelName,
  session: RegistrySession,
  signal: AbortSignal,
): AsyncGenerator<Progress> {
  const { store } = context;
  yield { status: 'pulling manifest' };
  const { manifest, bytes } = await fetchManifest(session, signal);
  // From here on nobody prunes what is there already or has just come.
  await using _held = await store.garbage.hold(digestsOf(manifest));
  for (const layer of blobsOf(manifest)) {
    if (signal.aborted) throw cancelledError();
    if (await store.blobs.isWhole(layer.digest, layer.size)) yield blobProgress('pulling', layer, layer.size);
    else yield* followTransfer('pulling', layer, session.fetchBlob(layer, { signal }));
  }
  // Every blob was hashed while it came.
  yield { status: 'verifying sha256 digest' };
  if (signal.aborted) throw cancelledError();
  yield { status: 'writing manifest' };
  const unused = await commit(context, wanted, manifest, bytes);
  if (unused.length > 0 && !context.noPrune) {
    yield { status: 'removing unused layers' };
    await store.lock.run(() => store.garbage.removeUnreferenced(unused));
  }
  yield { status: 'success' };
}

async function fetchManifest(
  session: RegistrySession,
  signal: AbortSignal,
): Promise<{ manifest: Manifest; bytes: Buffer }> {
  try {
    const bytes = await session.fetchManifest({ signal });
    const manifest = parseManifest(bytes, 'the manifest');
    requireLoadable(manifest);
    return { manifest, bytes };
  } catch (error) {
    const { code, message } = toCriaError(error);
    if (code === 'cancelled' || code === 'not_implemented') throw error;
    throw new CriaError('upstream', `pull model manifest: ${message}`, { cause: error });
  }
}

/** Told before gigabytes are fetched. */
function requireLoadable({ layers }: Manifest): void {
  if (layers.some(({ mediaType }) => mediaType === 'application/vnd.ollama.image.tensor'))
    throw new CriaError(
      'not_implemented',
      'this model requires MLX support, but the MLX runtime is not available',
    );
  const nModels = layers.filter((layer) => isKind(layer, 'model')).length;
  if (nModels > 1)
    throw new CriaError(
      'not_implemented',
      `this model is split into ${nModels} files, which is not supported yet`,
    );
}

/** Layers in the manifest's order, the config last; each digest once. */
export function blobsOf({ layers, config }: Manifest): readonly Layer[] {
  const all = config === undefined ? layers : [...layers, config];
  return [...new Map(all.map((layer) => [layer.digest, layer])).values()];
}

/** Makes the model visible. Returns the blobs that only its predecessor of the same name may have needed. */
async function commit(
  { store }: LibraryContext,
  wanted: ModelName,
  manifest: Manifest,
  bytes: Buffer,
): Promise<readonly Digest[]> {
  return store.lock.run(async () => {
    const name = await store.catalog.canonicalName(wanted);
    const replaced = await store.manifests.stat(name);
    const before = replaced === undefined ? [] : await previousDigests();
    await store.publish(name, bytes);
    const needed = new Set(digestsOf(manifest));
    return before.filter((digest) => !needed.has(digest));

    /** A manifest that cannot be read is replaced like any other. */
    async function previousDigests(): Promise<readonly Digest[]> {
      try {
        return replaced === undefined ? [] : digestsOf((await store.manifests.read(replaced)).manifest);
      } catch (error) {
        if (isCriaError(error)) return [];
        throw error;
      }
    }
  });
}
