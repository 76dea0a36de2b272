/** Models in a folder of Ollama's layout: manifests and blobs, with all that belongs to them. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { silentLogger } from '../../log.ts';
import { type BlobStore, createBlobStore } from '../../store/blobs.ts';
import { emptyConfig, type ModelConfig, maxConfigBytes, parseConfig } from '../../store/config.ts';
import { type ModelContents, readContents } from '../../store/contents.ts';
import { isKind, type Layer, type Manifest } from '../../store/manifest.ts';
import { createManifestStore, type ManifestEntry, type ManifestStore } from '../../store/manifests.ts';
import { displayName } from '../../store/name.ts';
import { createStorePaths } from '../../store/paths.ts';
import type { ModelFile } from '../create/files.ts';
import { partName } from './gguf-folder.ts';
import type { Findings, FoundModel, Skipped } from './types.ts';

/** The folder of models that a path means: itself, or the `models` in it. Undefined where there is none. */
export function ollamaModelsIn(directory: string): string | undefined {
  return [directory, path.join(directory, 'models')].find((candidate) =>
    ['manifests', 'blobs'].every((name) => existsSync(path.join(candidate, name))),
  );
}

export async function findInOllamaFolder(root: string, signal: AbortSignal): Promise<Findings> {
  const paths = createStorePaths(root);
  const manifests = createManifestStore(paths, silentLogger);
  const blobs = createBlobStore(paths);
  const models: FoundModel[] = [];
  const skipped: Skipped[] = [];
  for (const entry of await manifests.list()) {
    signal.throwIfAborted();
    const name = displayName(entry.name);
    try {
      models.push(await readModel(entry, name, { manifests, blobs }));
    } catch (error) {
      skipped.push({ origin: name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { models: models.sort((a, b) => (a.name < b.name ? -1 : 1)), skipped };
}

interface Folder {
  readonly manifests: ManifestStore;
  readonly blobs: BlobStore;
}

/** Throws an error that says why the model cannot be imported. */
async function readModel(
  entry: ManifestEntry,
  name: string,
  { manifests, blobs }: Folder,
): Promise<FoundModel> {
  const { manifest } = await manifests.read(entry);
  const config = await readConfig(manifest, blobs, name);
  if (config.remoteHost !== '') throw new Error('it runs on another server');
  const weights = layersOf(manifest, 'model');
  if (weights.length === 0) throw new Error('it has no GGUF weights');
  const projectors = layersOf(manifest, 'projector');
  const adapters = layersOf(manifest, 'adapter');
  if (adapters.length > 1) throw new Error('it has several adapters');
  const contents = await readContents(manifest, blobs, name);
  const files = [
    ...weights.map((layer, i) => toFile(layer, partName(i, weights.length), blobs)),
    ...projectors.map((layer, i) => toFile(layer, `projector${i === 0 ? '' : `-${i + 1}`}.gguf`, blobs)),
  ];
  return {
    name,
    origin: entry.path,
    files: await Promise.all(files),
    adapters: await Promise.all(adapters.map((layer) => toFile(layer, 'adapter.gguf', blobs))),
    contents: toContents(contents, config),
  };
}

async function readConfig(manifest: Manifest, blobs: BlobStore, name: string): Promise<ModelConfig> {
  if (manifest.config === undefined) return emptyConfig;
  return parseConfig(await blobs.read(manifest.config.digest, maxConfigBytes), `the config of ${name}`);
}

function layersOf(manifest: Manifest, kind: 'model' | 'projector' | 'adapter'): readonly Layer[] {
  return manifest.layers.filter((layer) => isKind(layer, kind));
}

async function toFile({ digest, size }: Layer, name: string, blobs: BlobStore): Promise<ModelFile> {
  const blob = await blobs.stat(digest);
  if (blob === undefined) throw new Error(`it is incomplete: blob ${digest} is missing`);
  if (blob.sizeBytes !== size)
    throw new Error(`it is damaged: blob ${digest} has ${blob.sizeBytes} bytes instead of ${size}`);
  return { name, path: blob.path, sizeBytes: size };
}

/** Only what it has: an empty text would take away what the weights bring. */
function toContents(contents: ModelContents, config: ModelConfig): FoundModel['contents'] {
  const { template, system, parameters, messages, licenses } = contents;
  return {
    ...(template ? { template } : {}),
    ...(system ? { system } : {}),
    ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
    ...(messages.length > 0 ? { messages: [...messages] } : {}),
    ...(licenses.length > 0 ? { license: [...licenses] } : {}),
    ...(config.renderer === '' ? {} : { renderer: config.renderer }),
    ...(config.parser === '' ? {} : { parser: config.parser }),
    ...(config.requires === '' ? {} : { requires: config.requires }),
    ...(config.capabilities.length > 0 ? { info: { capabilities: [...config.capabilities] } } : {}),
  };
}
