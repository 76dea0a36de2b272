/** The config blob of a model: what it is, in a few words. */
import type { JsonObject, JsonValue } from '../types/json.ts';
import type { WeightsFacts } from './headers.ts';
import { asObject, decodeJson, encodeJson } from './json.ts';

/** Empty texts and zeros stand for what a config does not say. */
export interface ModelConfig {
  readonly modelFormat: string;
  readonly modelFamily: string;
  readonly modelFamilies: readonly string[] | null;
  /** Parameter count as people write it. */
  readonly modelType: string;
  /** Name of the quantization. */
  readonly fileType: string;
  readonly renderer: string;
  readonly parser: string;
  readonly requires: string;
  /** Both set: the model runs on another server. */
  readonly remoteHost: string;
  readonly remoteModel: string;
  readonly capabilities: readonly string[];
  readonly contextLength: number;
  readonly embeddingLength: number;
  readonly baseName: string;
}

export const emptyConfig: ModelConfig = {
  modelFormat: '',
  modelFamily: '',
  modelFamilies: null,
  modelType: '',
  fileType: '',
  renderer: '',
  parser: '',
  requires: '',
  remoteHost: '',
  remoteModel: '',
  capabilities: [],
  contextLength: 0,
  embeddingLength: 0,
  baseName: '',
};

/** The config of a model that consists of such weights. */
export function configOfWeights({ summary, parameterSize }: WeightsFacts): ModelConfig {
  return {
    ...emptyConfig,
    modelFormat: 'gguf',
    modelFamily: summary.architecture,
    modelFamilies: [summary.architecture],
    modelType: parameterSize,
    fileType: summary.fileType,
  };
}

/** Registries publish configs with many more keys, which are ignored. */
export const maxConfigBytes = 4 * 1024 * 1024;

/** Throws `corrupt_store` when the bytes are no JSON object; a value of an unexpected type counts as not said. */
export function parseConfig(bytes: Buffer, what: string): ModelConfig {
  const json: JsonObject = asObject(decodeJson(bytes, what), what);
  return {
    modelFormat: text(json.model_format),
    modelFamily: text(json.model_family),
    modelFamilies: Array.isArray(json.model_families) ? texts(json.model_families) : null,
    modelType: text(json.model_type),
    fileType: text(json.file_type),
    renderer: text(json.renderer),
    parser: text(json.parser),
    requires: text(json.requires),
    remoteHost: text(json.remote_host),
    remoteModel: text(json.remote_model),
    capabilities: texts(json.capabilities),
    contextLength: count(json.context_length),
    embeddingLength: count(json.embedding_length),
    baseName: text(json.base_name),
  };
}

/** Keys in Ollama's order; those that it leaves out when empty are left out. */
export function encodeConfig(config: ModelConfig): Buffer {
  return encodeJson({
    model_format: config.modelFormat,
    model_family: config.modelFamily,
    model_families: config.modelFamilies,
    model_type: config.modelType,
    file_type: config.fileType,
    renderer: config.renderer || undefined,
    parser: config.parser || undefined,
    requires: config.requires || undefined,
    remote_host: config.remoteHost || undefined,
    remote_model: config.remoteModel || undefined,
    capabilities: config.capabilities.length > 0 ? config.capabilities : undefined,
    context_length: config.contextLength || undefined,
    embedding_length: config.embeddingLength || undefined,
    base_name: config.baseName || undefined,
    architecture: 'amd64',
    os: 'linux',
  });
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function count(value: JsonValue | undefined): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
