/** POST /api/pull: fetches a model from a registry; its manifest becomes visible last. */
import { CriaError, cancelledError, isCriaError, toCriaError } from '../errors.ts';
import type { HubModel, RegistrySession } from '../registry/types.ts';
import {
  digestsOf,
  encodeManifest,
  isKind,
  type Layer,
  type Manifest,
  parseManifest,
} from '../store/manifest.ts';
import type { Digest } from '../types/digest.ts';
import type { ModelName } from '../types/model-name.ts';
import { ArrivedWeights } from './arrived-weights.ts';
import type { LibraryContext } from './context.ts';
import { checkTexts, makeManifest } from './pull-files.ts';
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

/** What a registry has: a manifest, or a model's files without one. */
type Found =
  | { readonly type: 'manifest'; readonly manifest: Manifest; readonly bytes: Buffer }
  | { readonly type: 'files'; readonly files: HubModel };

async function* pull(
  context: LibraryContext,
  wanted: ModelName,
  session: RegistrySession,
  signal: AbortSignal,
): AsyncGenerator<Progress> {
  const { store } = context;
  yield { status: 'pulling manifest' };
  const found = await findModel(session, signal);
  const layers = found.type === 'manifest' ? blobsOf(found.manifest) : found.files.layers;
  const fetched: Digest[] = [];
  try {
    // From here on nobody prunes what is there already or has just come.
    await using _held = await store.garbage.hold(
      layers.map(({ digest }) => digest),
      { signal },
    );
    const weights = new ArrivedWeights(
      store,
      found.type === 'manifest' ? found.manifest.layers : found.files.layers,
    );
    for (const layer of layers) {
      if (signal.aborted) throw cancelledError();
      if (await store.blobs.isWhole(layer.digest, layer.size))
        yield blobProgress('pulling', layer, layer.size);
      else {
        yield* followTransfer('pulling', layer, session.fetchBlob(layer, { signal }));
        fetched.push(layer.digest);
      }
      await weights.check(layer, signal);
    }
    // Every blob was hashed while it came.
    yield { status: 'verifying sha256 digest' };
    if (signal.aborted) throw cancelledError();
    const unused = yield* finish(context, wanted, found, weights, signal);
    if (unused.length > 0 && !context.noPrune) {
      yield { status: 'removing unused layers' };
      await store.lock.run(() => store.garbage.removeUnreferenced(unused));
    }
  } catch (error) {
    // Their digests are right: no other attempt would make a model of them.
    if (isCriaError(error, 'invalid_gguf'))
      await store.lock.run(() => store.garbage.removeUnreferenced(fetched));
    throw error;
  }
  yield { status: 'success' };
}

/** Makes the model visible. Returns the blobs that nobody may need any more. */
async function* finish(
  context: LibraryContext,
  wanted: ModelName,
  found: Found,
  weights: ArrivedWeights,
  signal: AbortSignal,
): AsyncGenerator<Progress, readonly Digest[]> {
  if (found.type === 'manifest') {
    if (weights.isSplit) await weights.join(signal);
    yield { status: 'writing manifest' };
    return commit(context, wanted, found.manifest, found.bytes, signal);
  }
  const { manifest, made } = await makeManifest(context, found.files, await weights.join(signal));
  try {
    yield { status: 'writing manifest' };
    const unused = await commit(context, wanted, manifest, encodeManifest(manifest), signal);
    await made.keep();
    return unused;
  } finally {
    await context.store.lock.run(() => made.discard());
  }
}

async function findModel(session: RegistrySession, signal: AbortSignal): Promise<Found> {
  try {
    const bytes = await session.fetchManifest({ signal });
    if (bytes === undefined) {
      const files = await session.findHubModel({ signal });
      checkTexts(files);
      requireDistinctWeights(files);
      return { type: 'files', files };
    }
    const manifest = parseManifest(bytes, 'the manifest');
    requireLoadable(manifest);
    requireDistinctWeights(manifest);
    return { type: 'manifest', manifest, bytes };
  } catch (error) {
    const { code, message } = toCriaError(error);
    if (code === 'cancelled' || code === 'not_implemented') throw error;
    throw new CriaError('upstream', `pull model manifest: ${message}`, { cause: error });
  }
}

/** Told before gigabytes are fetched, and before a model of this name is replaced. */
function requireLoadable(manifest: Manifest): void {
  // A list of images for several platforms, say, or another program's JSON.
  if (blobsOf(manifest).length === 0) throw new CriaError('upstream', 'the manifest has no layers');
  if (manifest.layers.some(({ mediaType }) => mediaType === 'application/vnd.ollama.image.tensor'))
    throw new CriaError(
      'not_implemented',
      'this model requires MLX support, but the MLX runtime is not available',
    );
}

function requireDistinctWeights({ layers }: Pick<Manifest, 'layers'>): void {
  const digests = layers.filter((layer) => isKind(layer, 'model')).map(({ digest }) => digest);
  if (new Set(digests).size < digests.length)
    throw new CriaError('upstream', 'two parts of the weights are the same file');
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
  signal: AbortSignal,
): Promise<readonly Digest[]> {
  const section = async (): Promise<readonly Digest[]> => {
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
  };
  return store.lock.run(section, { signal });
}
