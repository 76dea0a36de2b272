/** Where a new model's weights come from: an existing model, or uploaded files. */
import { CriaError } from '../../errors.ts';
import { hasGgufMagic, readGgufHeader } from '../../gguf/reader.ts';
import { kindOf, splitCountOf } from '../../gguf/summary.ts';
import { emptyConfig, type ModelConfig } from '../../store/config.ts';
import type { StoredModel } from '../../store/describe.ts';
import { describeWeights, type WeightsFacts } from '../../store/headers.ts';
import { isKind, type LayerKind, layerMediaType } from '../../store/manifest.ts';
import { findByText } from '../../store/resolve.ts';
import type { Store } from '../../store/store.ts';
import type { JsonObject } from '../../types/json.ts';
import type { LibraryContext } from '../context.ts';
import type { Progress } from '../types.ts';
import type { UploadedFile } from './check-request.ts';
import type { LayerList } from './layer-list.ts';
import { holdBlob, importSafetensors, quantizeFile } from './made-weights.ts';
import { needsQuantizing, type Quantization } from './quantization.ts';

/** What the layers of the base say; the rest of the model is put on top. */
export interface Base {
  readonly config: ModelConfig;
  readonly parameters: JsonObject;
}

export interface BaseOptions extends Pick<LibraryContext, 'convert' | 'quantize'> {
  readonly store: Store;
  readonly layers: LayerList;
  readonly quantization: Quantization | undefined;
  readonly signal: AbortSignal;
}

/** Takes over all layers of a stored model. Throws `model_not_found`, or what makes that model unusable. */
export async function* inheritModel(text: string, options: BaseOptions): AsyncGenerator<Progress, Base> {
  const { store, layers, quantization } = options;
  const model: StoredModel = await findByText(store.catalog, text);
  if ('problem' in model.run) throw model.run.problem;
  const { gguf, modelPath } = model.run.model;
  const sourceType = model.details.quantizationLevel;
  const from = model.displayName;
  let fileType = gguf.fileType;
  for (const layer of model.manifest.layers) {
    if (isKind(layer, 'model') && needsQuantizing(quantization, sourceType)) {
      layers.hold(layer.digest);
      yield* quantizeFile({ source: modelPath, sourceType, quantization, from }, options);
      fileType = quantization.name;
    } else await layers.addExisting({ ...layer, from });
  }
  return {
    parameters: model.contents.parameters,
    config: {
      ...emptyConfig,
      modelFormat: model.config.modelFormat || 'gguf',
      modelFamily: gguf.architecture,
      modelFamilies: [gguf.architecture],
      modelType: model.details.parameterSize,
      fileType,
      renderer: model.config.renderer,
      parser: model.config.parser,
      requires: model.config.requires,
      capabilities: model.config.capabilities,
    },
  };
}

/**
 * Takes uploaded files: a folder of safetensors, or GGUF files, each by what its header says it is. Throws `bad_request`,
 * `blob_not_found`, `invalid_gguf`, `conversion_failed`, `not_implemented`.
 */
export async function* importFiles(
  files: readonly UploadedFile[],
  options: BaseOptions,
): AsyncGenerator<Progress, Base> {
  if (files.some(isSafetensors)) return baseOf(yield* importSafetensors(files, options));
  let weights: WeightsFacts | undefined;
  for (const file of files) {
    yield { status: 'parsing GGUF' };
    const { kind, facts } = yield* importFile(file, options);
    if (kind === 'model' && weights !== undefined)
      throw new CriaError('bad_request', 'the files contain more than one model');
    weights ??= facts;
  }
  if (weights === undefined) throw new CriaError('bad_request', 'the files contain no model');
  return baseOf(weights);
}

function baseOf({ summary, parameterSize }: WeightsFacts): Base {
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

function isSafetensors(file: UploadedFile): boolean {
  return file.path.toLowerCase().endsWith('.safetensors');
}

/** Adds an uploaded adapter. Errors as in `importFiles`. */
export async function* importAdapter(file: UploadedFile, options: BaseOptions): AsyncGenerator<Progress> {
  if (isSafetensors(file))
    throw new CriaError('not_implemented', 'adapters from safetensors files are not implemented yet');
  yield { status: 'parsing GGUF' };
  const { kind } = yield* importFile(file, options);
  if (kind !== 'adapter')
    throw new CriaError('bad_request', `${JSON.stringify(file.path)} is not an adapter`);
}

async function* importFile(
  file: UploadedFile,
  options: BaseOptions,
): AsyncGenerator<Progress, { kind: LayerKind; facts: WeightsFacts | undefined }> {
  const { layers, quantization, signal } = options;
  const path = await holdBlob(file.digest, options);
  if (!(await hasGgufMagic(path))) {
    const isNamedGguf = file.path.toLowerCase().endsWith('.gguf');
    throw new CriaError('bad_request', isNamedGguf ? 'supplied file was not in GGUF format' : 'unknown type');
  }
  // Everything about the header is checked here, before the blob can become part of a model.
  const header = await readGgufHeader(path, { signal });
  if (splitCountOf(header) > 1)
    throw new CriaError(
      'not_implemented',
      'split GGUF files are not implemented yet; merge them into one file first',
    );
  const kind = kindOf(header);
  const facts = kind === 'model' ? await describeWeights(header) : undefined;
  if (facts !== undefined && needsQuantizing(quantization, facts.summary.fileType)) {
    const sourceType = facts.summary.fileType;
    return {
      kind,
      facts: yield* quantizeFile({ source: path, sourceType, quantization, from: file.path }, options),
    };
  }
  await layers.addExisting({
    mediaType: layerMediaType(kind),
    digest: file.digest,
    size: header.fileSizeBytes,
    from: file.path,
  });
  return { kind, facts };
}
