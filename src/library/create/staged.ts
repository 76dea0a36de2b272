/** What a new model consists of before it is stored: blobs as they are, and files that were made for it. */
import { readGgufHeader } from '../../gguf/reader.ts';
import { readModelHeader } from '../../gguf/split.ts';
import { describeWeights } from '../../store/headers.ts';
import { type Layer, type LayerKind, layerMediaType } from '../../store/manifest.ts';
import type { Progress } from '../types.ts';
import type { BaseOptions } from './base.ts';
import { needsQuantizing, type Quantization } from './quantization.ts';
import { linkParts } from './split.ts';

export type Staged =
  | { readonly type: 'blob'; readonly layer: Layer }
  | { readonly type: 'file'; readonly kind: LayerKind; readonly path: string }
  | StagedWeights;

/** Weights, which may still be quantized. */
export interface StagedWeights {
  readonly type: 'weights';
  /** One file, or the parts of a model in their order. */
  readonly sources: readonly string[];
  /** Name of the quantization, e.g. `F16`. */
  readonly sourceType: string;
  /** The layers of the sources; undefined for one file that was made. */
  readonly layers?: readonly Layer[];
  /** When the request asks for none. */
  readonly usualQuantization?: Quantization;
  /** What the layer of a file that was made says about its origin. */
  readonly from?: string;
}

/** Ollama's stand-in for the digest of what is being made. */
const unknownDigest = '0000000000000000000';

/** Quantizes what is to be, and adds all layers. Returns the type of the weights that were quantized. */
export async function* storeLayers(
  staged: readonly Staged[],
  options: BaseOptions,
): AsyncGenerator<Progress, string | undefined> {
  const { layers, signal } = options;
  let fileType: string | undefined;
  for (const item of staged) {
    if (item.type === 'blob') await layers.addExisting(item.layer);
    else if (item.type === 'file')
      await layers.addFile(item.path, { mediaType: layerMediaType(item.kind), signal });
    else {
      const quantization = options.quantization ?? item.usualQuantization;
      if (needsQuantizing(quantization, item.sourceType))
        fileType = yield* quantizeWeights(item, quantization, options);
      else await addWeights(item, options);
    }
  }
  return fileType;
}

async function addWeights(weights: StagedWeights, { layers, signal }: BaseOptions): Promise<void> {
  for (const layer of weights.layers ?? []) await layers.addExisting(layer);
  const [path] = weights.sources;
  if (weights.layers === undefined && path !== undefined)
    await layers.addFile(path, { mediaType: layerMediaType('model'), ...originOf(weights), signal });
}

/** Quantizes weights and adds the layer of the result. Returns its type. */
async function* quantizeWeights(
  weights: StagedWeights,
  quantization: Quantization,
  { store, layers, quantize, signal }: BaseOptions,
): AsyncGenerator<Progress, string> {
  const { sources, sourceType } = weights;
  const header = await readModelHeader(sources, { signal });
  const sizes = new Map(header.tensors.map(({ name, sizeBytes }) => [name, sizeBytes]));
  const total = header.fileSizeBytes;
  const status = `quantizing ${sourceType} model to ${quantization.name}`;
  const progress = (completed: number): Progress => ({ status, digest: unknownDigest, total, completed });
  const target = layers.temporaryFile();
  await using parts = sources.length > 1 ? await linkParts(sources, store.paths.temporaryBlob()) : undefined;
  const [first = ''] = sources;
  const source = parts?.path ?? first;
  let completed = header.dataOffset;
  yield progress(0);
  for await (const tensor of quantize({ source, target, fileType: quantization.fileType }, { signal })) {
    completed += sizes.get(tensor) ?? 0;
    yield progress(Math.min(completed, total));
  }
  yield progress(total);
  yield { status: 'verifying conversion' };
  // Checked as an uploaded file is.
  await describeWeights(await readGgufHeader(target, { signal }));
  await layers.addFile(target, { mediaType: layerMediaType('model'), ...originOf(weights), signal });
  return quantization.name;
}

function originOf({ from, layers }: StagedWeights): { from?: string } {
  const origin = from ?? layers?.[0]?.from;
  return origin === undefined ? {} : { from: origin };
}
