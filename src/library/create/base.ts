/** Where a new model's weights come from: an existing model, or uploaded files. */
import { CriaError } from '../../errors.ts';
import { hasGgufMagic, readGgufHeader } from '../../gguf/reader.ts';
import { splitCountOf } from '../../gguf/split.ts';
import { kindOf } from '../../gguf/summary.ts';
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
import { holdBlob, importParts, importSafetensors, quantizeFile } from './made-weights.ts';
import { needsQuantizing, type Quantization } from './quantization.ts';
import type { Part } from './split.ts';

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
  const { gguf, modelPath, furtherPaths } = model.run.model;
  const sourceType = model.details.quantizationLevel;
  const from = model.displayName;
  const target = needsQuantizing(quantization, sourceType) ? quantization : undefined;
  if (target !== undefined) {
    for (const layer of model.manifest.layers) if (isKind(layer, 'model')) await layers.hold(layer.digest);
    const sources = [modelPath, ...furtherPaths];
    yield* quantizeFile({ sources, sourceType, quantization: target, from }, options);
  }
  for (const layer of model.manifest.layers)
    if (target === undefined || !isKind(layer, 'model')) await layers.addExisting({ ...layer, from });
  return {
    parameters: model.contents.parameters,
    config: {
      ...emptyConfig,
      modelFormat: model.config.modelFormat || 'gguf',
      modelFamily: gguf.architecture,
      modelFamilies: [gguf.architecture],
      modelType: model.details.parameterSize,
      fileType: target?.name ?? gguf.fileType,
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
  const addModel = (facts: WeightsFacts | undefined): void => {
    if (weights !== undefined && facts !== undefined)
      throw new CriaError('bad_request', 'the files contain more than one model');
    weights ??= facts;
  };
  const parts: Part[] = [];
  for (const file of files) {
    yield { status: 'parsing GGUF' };
    const opened = await openGguf(file, options);
    if (splitCountOf(opened.header) > 1) parts.push(opened);
    else addModel((yield* addGguf(file, opened, options)).facts);
  }
  if (parts.length > 0) addModel(yield* importParts(parts, options));
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
  yield { status: 'parsing GGUF' };
  const opened = await openGguf(file, options);
  if (splitCountOf(opened.header) > 1)
    throw new CriaError('not_implemented', 'adapters in several files are not implemented yet');
  const { kind } = yield* addGguf(file, opened, options);
  if (kind !== 'adapter')
    throw new CriaError('bad_request', `${JSON.stringify(file.path)} is not an adapter`);
}

/** Everything about the header is checked here, before the blob can become part of a model. */
async function openGguf(file: UploadedFile, options: BaseOptions): Promise<Part> {
  const path = await holdBlob(file.digest, options);
  if (!(await hasGgufMagic(path))) {
    const isNamedGguf = file.path.toLowerCase().endsWith('.gguf');
    throw new CriaError('bad_request', isNamedGguf ? 'supplied file was not in GGUF format' : 'unknown type');
  }
  return {
    name: file.path,
    digest: file.digest,
    path,
    header: await readGgufHeader(path, { signal: options.signal }),
  };
}

async function* addGguf(
  file: UploadedFile,
  { path, header }: Part,
  options: BaseOptions,
): AsyncGenerator<Progress, { kind: LayerKind; facts: WeightsFacts | undefined }> {
  const { layers, quantization } = options;
  const kind = kindOf(header);
  const facts = kind === 'model' ? await describeWeights(header) : undefined;
  const sourceType = facts?.summary.fileType ?? '';
  if (facts !== undefined && needsQuantizing(quantization, sourceType)) {
    const source = { sources: [path], sourceType, quantization, from: file.path };
    return { kind, facts: yield* quantizeFile(source, options) };
  }
  await layers.addExisting({
    mediaType: layerMediaType(kind),
    digest: file.digest,
    size: header.fileSizeBytes,
    from: file.path,
  });
  return { kind, facts };
}
