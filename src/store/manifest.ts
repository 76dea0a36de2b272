/** What a manifest says: its schema, checked by hand because files of others have keys that must be tolerated. */
import { CriaError } from '../errors.ts';
import type { Digest } from '../types/digest.ts';
import type { JsonValue } from '../types/json.ts';
import { tryParseDigest } from './digest.ts';
import { asObject, decodeJson, encodeJson } from './json.ts';

export interface Layer {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  /** Display name or file path that the layer came from. */
  readonly from?: string;
  /** Tensor or file name in tensor models. */
  readonly name?: string;
}

export interface Manifest {
  /** Undefined when the manifest names none, as some old ones. */
  readonly config: Layer | undefined;
  readonly layers: readonly Layer[];
}

export const manifestMediaType = 'application/vnd.docker.distribution.manifest.v2+json';
export const configMediaType = 'application/vnd.docker.container.image.v1+json';
const layerPrefix = 'application/vnd.ollama.image.';

/** The kinds of layers that mean something here; others are carried along. */
export type LayerKind =
  | 'model'
  | 'projector'
  | 'adapter'
  | 'draft'
  | 'template'
  | 'prompt'
  | 'system'
  | 'params'
  | 'messages'
  | 'license';

export function layerMediaType(kind: LayerKind): string {
  return layerPrefix + kind;
}

export function isKind(layer: Layer, ...kinds: readonly LayerKind[]): boolean {
  return kinds.some((kind) => layer.mediaType === layerPrefix + kind);
}

/** Tensor models have thousands of layers of some 250 bytes. */
export const maxManifestBytes = 8 * 1024 * 1024;
const maxLayers = 65_536;

/** Throws `corrupt_store`. Unknown keys are ignored. */
export function parseManifest(bytes: Buffer, what: string): Manifest {
  const manifest = asObject(decodeJson(bytes, what), what);
  const layers = manifest.layers ?? [];
  if (!Array.isArray(layers) || layers.length > maxLayers)
    throw new CriaError('corrupt_store', `${what} has no proper list of layers`);
  return {
    config: hasDigest(manifest.config) ? parseLayer(manifest.config, `the config of ${what}`) : undefined,
    layers: layers.map((layer, i) => parseLayer(layer, `layer ${i} of ${what}`)),
  };
}

/** The bytes of a locally made manifest. */
export function encodeManifest(manifest: Manifest): Buffer {
  const { config, layers } = manifest;
  return encodeJson({
    schemaVersion: 2,
    mediaType: manifestMediaType,
    config: config === undefined ? undefined : encodeLayer(config),
    layers: layers.map(encodeLayer),
  });
}

/** Digests of all layers and the config. */
export function digestsOf(manifest: Manifest): readonly Digest[] {
  const all = manifest.config === undefined ? manifest.layers : [...manifest.layers, manifest.config];
  return all.map((layer) => layer.digest);
}

/** Sum of all layers and the config, in bytes. */
export function totalSize(manifest: Manifest): number {
  return manifest.layers.reduce((sum, layer) => sum + layer.size, manifest.config?.size ?? 0);
}

function hasDigest(config: JsonValue | undefined): boolean {
  if (config === undefined || config === null || typeof config !== 'object' || Array.isArray(config))
    return false;
  return config.digest !== undefined && config.digest !== '';
}

function parseLayer(value: JsonValue | undefined, what: string): Layer {
  const { mediaType, digest, size, from, name } = asObject(value, what);
  const parsed = typeof digest === 'string' ? tryParseDigest(digest) : undefined;
  if (parsed === undefined) throw new CriaError('corrupt_store', `${what} has no valid digest`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new CriaError('corrupt_store', `${what} has no valid size`);
  if (typeof mediaType !== 'string') throw new CriaError('corrupt_store', `${what} has no media type`);
  return {
    mediaType,
    digest: parsed,
    size,
    ...(typeof from === 'string' && from !== '' ? { from } : {}),
    ...(typeof name === 'string' && name !== '' ? { name } : {}),
  };
}

function encodeLayer({ mediaType, digest, size, from, name }: Layer): Record<string, unknown> {
  return { mediaType, digest, size, from, name };
}
