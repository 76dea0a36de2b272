/** POST /api/push: sends a model to the registry that its name tells. */
import { CriaError, cancelledError } from '../errors.ts';
import type { RegistrySession } from '../registry/types.ts';
import type { Layer } from '../store/manifest.ts';
import { displayName, repositoryName, tryParseModelName } from '../store/name.ts';
import type { ModelName } from '../types/model-name.ts';
import type { LibraryContext } from './context.ts';
import { blobsOf } from './pull.ts';
import { blobProgress, followTransfer, transferName } from './transfer.ts';
import type { Progress, TransferRequest } from './types.ts';

/** See `Library.push`. */
export function pushModel(
  context: LibraryContext,
  { model, insecure }: TransferRequest,
  signal: AbortSignal,
): AsyncGenerator<Progress> {
  if (model === '') throw new CriaError('bad_request', 'model is required');
  const name = transferName(model);
  const session = context.registry.open({ name, isInsecure: insecure });
  return push(context, name, session, signal);
}

async function* push(
  context: LibraryContext,
  name: ModelName,
  session: RegistrySession,
  signal: AbortSignal,
): AsyncGenerator<Progress> {
  yield { status: 'retrieving manifest' };
  const entry = await context.store.catalog.locate(name);
  if (entry === undefined) {
    yield { status: "couldn't retrieve manifest" };
    throw new CriaError('model_not_found', `model '${displayName(name)}' not found`);
  }
  const { manifest, bytes } = await context.store.manifests.read(entry);
  for (const layer of blobsOf(manifest)) {
    if (signal.aborted) throw cancelledError();
    if (await session.hasBlob(layer.digest, { signal })) {
      yield blobProgress('pushing', layer, layer.size);
      continue;
    }
    const transfer = session.sendBlob(layer, { signal, mountFrom: originOf(layer, name) });
    yield* followTransfer('pushing', layer, transfer);
  }
  yield { status: 'pushing manifest' };
  // As it is: the pushed model has the digest that `list` shows here.
  await session.sendManifest(bytes, { signal });
  yield { status: 'success' };
}

/** The repository of the same registry that the layer came from: the registry can take it from there. */
function originOf(layer: Layer, to: ModelName): string | undefined {
  const from = layer.from === undefined ? undefined : tryParseModelName(layer.from);
  return from !== undefined && from.host === to.host ? repositoryName(from) : undefined;
}
