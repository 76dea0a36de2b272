/** Where a new model's weights come from: an existing model, or uploaded files. */
import { CriaError } from '../../errors.ts';
import { adapterBaseOf, checkAdapter } from '../../gguf/adapter.ts';
import { splitCountOf } from '../../gguf/split.ts';
import { kindOf } from '../../gguf/summary.ts';
import type { GgufHeader } from '../../gguf/types.ts';
import { configOfWeights, emptyConfig, type ModelConfig } from '../../store/config.ts';
import type { StoredModel } from '../../store/describe.ts';
import { describeWeights, type WeightsFacts } from '../../store/headers.ts';
import { isKind } from '../../store/manifest.ts';
import { findByText } from '../../store/resolve.ts';
import type { Store } from '../../store/store.ts';
import { type DetectedTemplate, detectTemplate } from '../../template/gotmpl/bundled/index.ts';
import type { JsonObject } from '../../types/json.ts';
import type { LibraryContext } from '../context.ts';
import type { Progress } from '../types.ts';
import { isSafetensors, type UploadedFile } from './check-request.ts';
import { convertModel } from './converted.ts';
import type { LayerList } from './layer-list.ts';
import { parseQuantization, type Quantization } from './quantization.ts';
import { samplingParameters } from './sampling.ts';
import { assembleParts, type Part } from './split.ts';
import type { Staged, StagedWeights } from './staged.ts';
import { layerOf, openGguf } from './uploads.ts';

/** What a model is put together from; the rest of it comes on top. */
export interface Base {
  readonly staged: readonly Staged[];
  /** Files of the weights: all parts in their order. */
  readonly modelPaths: readonly string[];
  readonly config: ModelConfig;
  readonly parameters: JsonObject;
  /** True when no layer has the parameters yet. */
  readonly hasNewParameters: boolean;
  readonly template: DetectedTemplate | undefined;
}

export interface BaseOptions extends Pick<LibraryContext, 'convert' | 'quantize'> {
  readonly store: Store;
  readonly layers: LayerList;
  readonly quantization: Quantization | undefined;
  readonly signal: AbortSignal;
}

/** Takes over all layers of a stored model. Throws `model_not_found`, or what makes that model unusable. */
export async function inheritModel(text: string, { store, layers }: BaseOptions): Promise<Base> {
  const model: StoredModel = await findByText(store.catalog, text);
  if ('problem' in model.run) throw model.run.problem;
  const { gguf, modelPath, furtherPaths } = model.run.model;
  const from = model.displayName;
  const inherited = model.manifest.layers.map((layer) => ({ ...layer, from }));
  for (const { digest } of inherited) await layers.hold(digest);
  const modelPaths = [modelPath, ...furtherPaths];
  const weights: StagedWeights = {
    type: 'weights',
    sources: modelPaths,
    sourceType: model.details.quantizationLevel,
    layers: inherited.filter((layer) => isKind(layer, 'model')),
  };
  const others = inherited.filter((layer) => !isKind(layer, 'model'));
  const { renderer, parser, requires, capabilities, modelFormat } = model.config;
  return {
    staged: [weights, ...others.map((layer): Staged => ({ type: 'blob', layer }))],
    modelPaths,
    parameters: model.contents.parameters,
    hasNewParameters: false,
    template: undefined,
    config: {
      ...emptyConfig,
      modelFormat: modelFormat || 'gguf',
      modelFamily: gguf.architecture,
      modelFamilies: [gguf.architecture],
      modelType: model.details.parameterSize,
      fileType: gguf.fileType,
      renderer,
      parser,
      requires,
      capabilities,
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
  if (files.some(isSafetensors)) {
    const { path, header, isFromFp8 } = yield* convertModel(files, options);
    const facts = await describeWeights(header);
    const weights: StagedWeights = {
      type: 'weights',
      sources: [path],
      sourceType: facts.summary.fileType,
      // As large and nearly as exact as the source.
      ...(isFromFp8 ? { usualQuantization: parseQuantization('Q8_0') } : {}),
    };
    return baseOf([weights], weights, facts, samplingParameters(header));
  }
  const opened: Part[] = [];
  for (const file of files) {
    yield { status: 'parsing GGUF' };
    opened.push(await openGguf(file, options));
  }
  const models = opened.filter(({ header }) => splitCountOf(header) > 1 || kindOf(header) === 'model');
  const others = opened.filter((part) => !models.includes(part));
  const { parts, header } = wholeModel(models);
  const adapters = others.filter((part) => kindOf(part.header) === 'adapter');
  for (const adapter of adapters) checkAdapter(adapter.header, adapterBaseOf(header));
  const facts = await describeWeights(header);
  const weights: StagedWeights = {
    type: 'weights',
    sources: parts.map(({ path }) => path),
    sourceType: facts.summary.fileType,
    layers: parts.map((part) => layerOf(part, 'model')),
  };
  // In the order of the files.
  const staged = opened.flatMap((part): Staged[] => {
    if (part === models[0]) return [weights];
    return models.includes(part) ? [] : [{ type: 'blob', layer: layerOf(part, kindOf(part.header)) }];
  });
  return baseOf(staged, weights, facts, {});
}

/** One file, or all parts of one. */
function wholeModel(models: readonly Part[]): { parts: readonly Part[]; header: GgufHeader } {
  const [first, ...more] = models;
  if (first === undefined) throw new CriaError('bad_request', 'no base model was found');
  if (models.every(({ header }) => splitCountOf(header) > 1)) return assembleParts(models);
  if (more.length > 0) throw new CriaError('bad_request', 'the files contain more than one model');
  return { parts: [first], header: first.header };
}

function baseOf(
  staged: readonly Staged[],
  { sources }: StagedWeights,
  facts: WeightsFacts,
  sampling: JsonObject,
): Base {
  const { chatTemplate } = facts.summary;
  const template = chatTemplate === undefined ? undefined : detectTemplate(chatTemplate);
  const stop = template?.stop ?? [];
  const parameters: JsonObject = { ...sampling, ...(stop.length === 0 ? undefined : { stop: [...stop] }) };
  return {
    staged,
    modelPaths: sources,
    parameters,
    hasNewParameters: Object.keys(parameters).length > 0,
    template,
    config: configOfWeights(facts),
  };
}
