/** One manifest → everything that is known about its model. */
import { CriaError, toCriaError } from '../errors.ts';
import type { Digest } from '../types/digest.ts';
import type { Capability, ModelDetails, ResolvedModel } from '../types/model.ts';
import type { BlobStore } from './blobs.ts';
import { capabilitiesOf } from './capabilities.ts';
import { emptyConfig, type ModelConfig, maxConfigBytes, parseConfig } from './config.ts';
import { type ModelContents, readContents } from './contents.ts';
import type { HeaderCache, WeightsFacts } from './headers.ts';
import { isKind, type Layer, type LayerKind, type Manifest, totalSize } from './manifest.ts';
import type { LoadedManifest, ManifestEntry } from './manifests.ts';
import { displayName, fullName } from './name.ts';
import { chooseTemplate, type InspectGoTemplate } from './template-choice.ts';

export interface StoredModel {
  readonly entry: ManifestEntry;
  readonly displayName: string;
  readonly manifest: Manifest;
  /** Bare hexadecimal sha256 of the manifest file. */
  readonly manifestDigest: string;
  readonly config: ModelConfig;
  readonly contents: ModelContents;
  readonly details: ModelDetails;
  readonly capabilities: readonly Capability[];
  /** Path of the weights; undefined for models that have none here, or whose blob is missing. */
  readonly modelPath: string | undefined;
  readonly adapterPaths: readonly string[];
  readonly projectorPaths: readonly string[];
  /** The model as inference takes it, or why it cannot be run. */
  readonly run: { readonly model: ResolvedModel } | { readonly problem: CriaError };
}

export interface DescribeDeps {
  readonly blobs: BlobStore;
  readonly headers: HeaderCache;
  readonly inspectGoTemplate: InspectGoTemplate;
  /** OLLAMA_GO_TEMPLATE; undefined = by what the templates can do. */
  readonly preferGoTemplate: boolean | undefined;
}

/**
 * Throws `corrupt_store` or `blob_not_found` when the config or a text layer cannot be read; weights that cannot be used
 * are told in `run`, since such a model can still be listed and deleted.
 */
export async function describeModel(loaded: LoadedManifest, deps: DescribeDeps): Promise<StoredModel> {
  const { entry, manifest, digest } = loaded;
  const name = displayName(entry.name);
  const what = `model '${name}'`;
  const config =
    manifest.config === undefined
      ? emptyConfig
      : parseConfig(await deps.blobs.read(manifest.config.digest, maxConfigBytes), `the config of ${what}`);
  const contents = await readContents(manifest, deps.blobs, what);
  const weights = await readWeights(manifest, config, deps, what);
  const facts = 'facts' in weights ? weights.facts : undefined;
  const adapters = await locateAll(manifest, 'adapter', deps, what);
  const projectors = await locateAll(manifest, 'projector', deps, what);
  const template = chooseTemplate(
    {
      goTemplate: contents.template,
      jinjaTemplate: facts?.summary.chatTemplate,
      renderer: config.renderer,
      family: config.modelFamily,
    },
    { inspectGoTemplate: deps.inspectGoTemplate, preferGo: deps.preferGoTemplate },
  );
  const shared = {
    displayName: name,
    details: detailsOf(manifest, config, facts),
    capabilities: capabilitiesOf({
      config,
      weights: facts,
      projectors: await Promise.all(
        projectors.blobs.map(({ digest: d, path }) => readProjector(d, path, deps)),
      ),
      templateFeatures: template.features,
    }),
    manifestDigest: digest,
    adapterPaths: adapters.blobs.map((blob) => blob.path),
    projectorPaths: projectors.blobs.map((blob) => blob.path),
  };
  const problem = 'problem' in weights ? weights.problem : (adapters.problem ?? projectors.problem);
  return {
    ...shared,
    entry,
    manifest,
    config,
    contents,
    modelPath: weights.path,
    run:
      facts === undefined || weights.path === undefined || problem !== undefined
        ? { problem: problem ?? new CriaError('corrupt_store', `${what} has no weights`) }
        : {
            model: {
              ...shared,
              ...contents,
              name: entry.name,
              fullName: fullName(entry.name),
              modifiedAt: entry.modifiedAt,
              modelPath: weights.path,
              chatTemplate: template.chatTemplate,
              renderer: config.renderer || undefined,
              parser: config.parser || undefined,
              requires: config.requires || undefined,
              gguf: facts.summary,
              totalSizeBytes: totalSize(manifest),
            },
          },
  };
}

/** Ollama's wording for a model of another server; running those is not part of cria. */
const remoteProblem = 'ollama cloud is disabled: remote model is unavailable';

/** True for a model that another server runs. */
export function isRemote(config: ModelConfig): boolean {
  return config.remoteHost !== '' && config.remoteModel !== '';
}

type Weights =
  | { readonly path: string; readonly facts: WeightsFacts }
  | { readonly path: string | undefined; readonly problem: CriaError };

async function readWeights(
  manifest: Manifest,
  config: ModelConfig,
  deps: DescribeDeps,
  what: string,
): Promise<Weights> {
  if (isRemote(config)) return { path: undefined, problem: new CriaError('forbidden', remoteProblem) };
  const layer = manifest.layers.findLast((candidate) => isKind(candidate, 'model'));
  if (layer === undefined) {
    const format = config.modelFormat || 'unknown';
    const message = `${what} has no GGUF weights; models of format "${format}" cannot be run`;
    return { path: undefined, problem: new CriaError('not_implemented', message) };
  }
  let path: string | undefined;
  try {
    path = (await locate(layer, deps, what)).path;
    return { path, facts: await deps.headers.weights(layer.digest, path) };
  } catch (error) {
    return { path, problem: toCriaError(error, 'corrupt_store') };
  }
}

async function locateAll(
  manifest: Manifest,
  kind: LayerKind,
  deps: DescribeDeps,
  what: string,
): Promise<{ blobs: { digest: Digest; path: string }[]; problem: CriaError | undefined }> {
  const blobs: { digest: Digest; path: string }[] = [];
  let problem: CriaError | undefined;
  for (const layer of manifest.layers) {
    if (!isKind(layer, kind)) continue;
    try {
      blobs.push(await locate(layer, deps, what));
    } catch (error) {
      problem ??= toCriaError(error, 'corrupt_store');
    }
  }
  return { blobs, problem };
}

async function locate(
  layer: Layer,
  { blobs }: DescribeDeps,
  what: string,
): Promise<{ digest: Digest; path: string }> {
  const blob = await blobs.stat(layer.digest);
  if (blob === undefined)
    throw new CriaError('corrupt_store', `${what} is incomplete: blob ${layer.digest} is missing`);
  return { digest: layer.digest, path: blob.path };
}

/** A projector that cannot be read fails when it is used; until then it is one without audio. */
async function readProjector(
  digest: Digest,
  path: string,
  { headers }: DescribeDeps,
): Promise<{ hasAudio: boolean }> {
  return headers.projector(digest, path).catch(() => ({ hasAudio: false }));
}

function detailsOf(manifest: Manifest, config: ModelConfig, facts: WeightsFacts | undefined): ModelDetails {
  const isNamed = config.fileType !== '' && config.fileType !== 'unknown';
  return {
    parentModel: manifest.layers.findLast((layer) => isKind(layer, 'model'))?.from ?? '',
    format: config.modelFormat,
    family: config.modelFamily,
    families: config.modelFamilies,
    parameterSize: config.modelType,
    quantizationLevel: isNamed ? config.fileType : (facts?.summary.fileType ?? config.fileType),
    contextLength: config.contextLength || (facts?.summary.nCtxTrain ?? 0),
    embeddingLength: config.embeddingLength || (facts?.summary.nEmbd ?? 0),
  };
}
