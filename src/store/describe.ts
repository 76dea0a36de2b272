/** One manifest → everything that is known about its model. */
import { CriaError, toCriaError } from '../errors.ts';
import type { Capability, ModelDetails, ResolvedModel } from '../types/model.ts';
import type { BlobStore } from './blobs.ts';
import { capabilitiesOf } from './capabilities.ts';
import { emptyConfig, type ModelConfig, maxConfigBytes, parseConfig } from './config.ts';
import { type ModelContents, readContents } from './contents.ts';
import type { BlobFile, HeaderCache, WeightsFacts } from './headers.ts';
import { isKind, type Layer, type Manifest, totalSize } from './manifest.ts';
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
  /** Paths of the weights, of all parts in their order; empty for models that have none here, or whose blobs are missing. */
  readonly modelPaths: readonly string[];
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
  const adapters = await readParts(manifest, 'adapter', deps, what);
  const projectors = await readParts(manifest, 'projector', deps, what);
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
      projectors: projectors.facts,
      templateFeatures: template.features,
    }),
    manifestDigest: digest,
    adapterPaths: adapters.paths,
    projectorPaths: projectors.paths,
  };
  const [modelPath, ...furtherPaths] = weights.paths;
  const problem = 'problem' in weights ? weights.problem : (adapters.problem ?? projectors.problem);
  return {
    ...shared,
    entry,
    manifest,
    config,
    contents,
    modelPaths: weights.paths,
    run:
      facts === undefined || modelPath === undefined || problem !== undefined
        ? { problem: problem ?? new CriaError('corrupt_store', `${what} has no weights`) }
        : {
            model: {
              ...shared,
              ...contents,
              name: entry.name,
              fullName: fullName(entry.name),
              modifiedAt: entry.modifiedAt,
              modelPath,
              furtherPaths,
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
  | { readonly paths: readonly string[]; readonly facts: WeightsFacts }
  | { readonly paths: readonly string[]; readonly problem: CriaError };

async function readWeights(
  manifest: Manifest,
  config: ModelConfig,
  deps: DescribeDeps,
  what: string,
): Promise<Weights> {
  if (isRemote(config)) return { paths: [], problem: new CriaError('forbidden', remoteProblem) };
  const layers = manifest.layers.filter((candidate) => isKind(candidate, 'model'));
  if (layers.length === 0) {
    const format = config.modelFormat || 'unknown';
    const message = `${what} has no GGUF weights; models of format "${format}" cannot be run`;
    return { paths: [], problem: new CriaError('not_implemented', message) };
  }
  let paths: readonly string[] = [];
  try {
    const files = await weightFiles(layers, deps, what);
    paths = files.map(({ path }) => path);
    return { paths, facts: await deps.headers.weights(files) };
  } catch (error) {
    return { paths, problem: toCriaError(error, 'corrupt_store') };
  }
}

/** Several layers are the parts of one model, or the last one counts. */
async function weightFiles(
  layers: readonly Layer[],
  deps: DescribeDeps,
  what: string,
): Promise<readonly BlobFile[]> {
  const file = async (layer: Layer): Promise<BlobFile> => ({
    digest: layer.digest,
    path: await locate(layer, deps, what),
  });
  const last = await file(layers[layers.length - 1]!); // the caller has made sure of one
  if (layers.length === 1 || (await deps.headers.splitCount(last.digest, last.path)) === 1) return [last];
  return Promise.all(layers.map(file));
}

/** Files that work with the weights. They are validated as well, since native code reads them, too. */
async function readParts<K extends 'adapter' | 'projector'>(
  manifest: Manifest,
  kind: K,
  deps: DescribeDeps,
  what: string,
): Promise<{
  paths: string[];
  facts: Awaited<ReturnType<HeaderCache[K]>>[];
  problem: CriaError | undefined;
}> {
  const paths: string[] = [];
  const facts: Awaited<ReturnType<HeaderCache[K]>>[] = [];
  let problem: CriaError | undefined;
  for (const layer of manifest.layers) {
    if (!isKind(layer, kind)) continue;
    try {
      const path = await locate(layer, deps, what);
      paths.push(path);
      // TypeScript does not relate the method picked by `kind` to its result.
      facts.push((await deps.headers[kind](layer.digest, path)) as Awaited<ReturnType<HeaderCache[K]>>);
    } catch (error) {
      problem ??= toCriaError(error, 'corrupt_store');
    }
  }
  return { paths, facts, problem };
}

async function locate(layer: Layer, { blobs }: DescribeDeps, what: string): Promise<string> {
  const blob = await blobs.stat(layer.digest);
  if (blob === undefined)
    throw new CriaError('blob_not_found', `${what} is incomplete: blob ${layer.digest} is missing`);
  return blob.path;
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
