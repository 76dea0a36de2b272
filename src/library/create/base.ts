/** Where a new model's weights come from: an existing model, or uploaded GGUF files. */
import { CriaError } from '../../errors.ts';
import { hasGgufMagic, readGgufHeader } from '../../gguf/reader.ts';
import { kindOf, splitCountOf } from '../../gguf/summary.ts';
import { emptyConfig, type ModelConfig } from '../../store/config.ts';
import type { StoredModel } from '../../store/describe.ts';
import { describeWeights, type WeightsFacts } from '../../store/headers.ts';
import { type LayerKind, layerMediaType } from '../../store/manifest.ts';
import { findByText } from '../../store/resolve.ts';
import type { Store } from '../../store/store.ts';
import type { JsonObject } from '../../types/json.ts';
import type { Progress } from '../types.ts';
import type { UploadedFile } from './check-request.ts';
import type { LayerList } from './layer-list.ts';
import { requireQuantized } from './quantization.ts';

/** What the layers of the base say; the rest of the model is put on top. */
export interface Base {
  readonly config: ModelConfig;
  readonly parameters: JsonObject;
}

export interface BaseOptions {
  readonly store: Store;
  readonly layers: LayerList;
  readonly quantization: string | undefined;
  readonly signal: AbortSignal;
}

/** Takes over all layers of a stored model. Throws `model_not_found`, or what makes that model unusable. */
export async function inheritModel(
  text: string,
  { store, layers, quantization }: BaseOptions,
): Promise<Base> {
  const model: StoredModel = await findByText(store.catalog, text);
  if ('problem' in model.run) throw model.run.problem;
  requireQuantized(quantization, model.details.quantizationLevel);
  for (const layer of model.manifest.layers) await layers.addExisting({ ...layer, from: model.displayName });
  const { gguf } = model.run.model;
  return {
    parameters: model.contents.parameters,
    config: {
      ...emptyConfig,
      modelFormat: model.config.modelFormat || 'gguf',
      modelFamily: gguf.architecture,
      modelFamilies: [gguf.architecture],
      modelType: model.details.parameterSize,
      fileType: gguf.fileType,
      renderer: model.config.renderer,
      parser: model.config.parser,
      requires: model.config.requires,
      capabilities: model.config.capabilities,
    },
  };
}

/**
 * Takes uploaded GGUF files, each by what its header says it is. Throws `bad_request`, `blob_not_found`, `invalid_gguf`,
 * `not_implemented`.
 */
export async function* importFiles(
  files: readonly UploadedFile[],
  options: BaseOptions,
): AsyncGenerator<Progress, Base> {
  const isSafetensors = files.some((file) => file.path.toLowerCase().endsWith('.safetensors'));
  if (isSafetensors)
    throw new CriaError('not_implemented', 'creating a model from safetensors files is not implemented yet');
  let weights: WeightsFacts | undefined;
  for (const file of files) {
    yield { status: 'parsing GGUF' };
    const { kind, facts } = await importFile(file, options);
    if (kind === 'model' && weights !== undefined)
      throw new CriaError('bad_request', 'the files contain more than one model');
    weights ??= facts;
  }
  if (weights === undefined) throw new CriaError('bad_request', 'the files contain no model');
  const { summary, parameterSize } = weights;
  requireQuantized(options.quantization, summary.fileType);
  return {
    parameters: {},
    config: {
      ...emptyConfig,
      modelFormat: 'gguf',
      modelFamily: summary.architecture,
      modelFamilies: [summary.architecture],
      modelType: parameterSize,
      fileType: summary.fileType,
    },
  };
}

/** Adds an uploaded adapter. Errors as in `importFiles`. */
export async function* importAdapter(file: UploadedFile, options: BaseOptions): AsyncGenerator<Progress> {
  if (file.path.toLowerCase().endsWith('.safetensors'))
    throw new CriaError('not_implemented', 'adapters from safetensors files are not implemented yet');
  yield { status: 'parsing GGUF' };
  const { kind } = await importFile(file, options);
  if (kind !== 'adapter')
    throw new CriaError('bad_request', `${JSON.stringify(file.path)} is not an adapter`);
}

async function importFile(
  file: UploadedFile,
  { store, layers, signal }: BaseOptions,
): Promise<{ kind: LayerKind; facts: WeightsFacts | undefined }> {
  layers.hold(file.digest);
  const blob = await store.blobs.stat(file.digest);
  if (blob === undefined)
    throw new CriaError('blob_not_found', `blob ${JSON.stringify(file.digest)} not found`);
  if (!(await hasGgufMagic(blob.path))) {
    const isNamedGguf = file.path.toLowerCase().endsWith('.gguf');
    throw new CriaError('bad_request', isNamedGguf ? 'supplied file was not in GGUF format' : 'unknown type');
  }
  // Everything about the header is checked here, before the blob can become part of a model.
  const header = await readGgufHeader(blob.path, { signal });
  if (splitCountOf(header) > 1)
    throw new CriaError(
      'not_implemented',
      'split GGUF files are not implemented yet; merge them into one file first',
    );
  const kind = kindOf(header);
  const facts = kind === 'model' ? await describeWeights(header) : undefined;
  await layers.addExisting({
    mediaType: layerMediaType(kind),
    digest: file.digest,
    size: blob.sizeBytes,
    from: file.path,
  });
  return { kind, facts };
}
