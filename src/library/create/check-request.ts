/** What can be said about a create request before any work: names, paths, digests, and values of `info`. */
import { CriaError, toCriaError } from '../../errors.ts';
import { parseDigest } from '../../store/digest.ts';
import { parseModelName, parseModelSource } from '../../store/name.ts';
import type { InspectGoTemplate } from '../../store/template-choice.ts';
import type { Digest } from '../../types/digest.ts';
import type { JsonObject, JsonValue } from '../../types/json.ts';
import type { ModelName } from '../../types/model-name.ts';
import type { CreateRequest } from '../types.ts';
import { parseQuantization, type Quantization } from './quantization.ts';

/** An uploaded file: the client's name for it, and where its bytes are. */
export interface UploadedFile {
  readonly path: string;
  readonly digest: Digest;
}

export function isSafetensors(file: UploadedFile): boolean {
  return file.path.toLowerCase().endsWith('.safetensors');
}

/** Overrides of the config that a request may carry. */
export interface ConfigOverrides {
  readonly capabilities?: readonly string[];
  readonly modelFamily?: string;
  readonly baseName?: string;
  readonly fileType?: string;
  readonly modelType?: string;
  readonly contextLength?: number;
  readonly embeddingLength?: number;
}

export interface CheckedRequest {
  readonly name: ModelName;
  /** Exactly one of the two sources. */
  readonly source:
    | { readonly type: 'model'; readonly text: string }
    | { readonly type: 'files'; readonly files: readonly UploadedFile[] };
  /** None, one GGUF file, or the files of a folder. */
  readonly adapters: readonly UploadedFile[];
  readonly overrides: ConfigOverrides;
  readonly quantization: Quantization | undefined;
}

/** Throws `bad_request`, `invalid_model_name`, `invalid_digest`, `forbidden`, `not_implemented`, `conversion_failed`. */
export function checkRequest(request: CreateRequest, inspectGoTemplate: InspectGoTemplate): CheckedRequest {
  const files = uploadedFiles(request.files ?? {});
  const adapters = uploadedFiles(request.adapters ?? {});
  const drafts = uploadedFiles(request.draftFiles ?? {});
  const { source, base } = parseModelSource(request.model);
  if (source === 'cloud') throw remoteModel();
  const name = parseModelName(base);
  if (request.template !== undefined) checkTemplate(request.template, inspectGoTemplate);
  if (drafts.length > 0) throw new CriaError('not_implemented', 'draft models are not implemented yet');
  if (adapters.length > 1 && !adapters.some(isSafetensors))
    throw new CriaError('bad_request', 'only one adapter is currently supported');
  return {
    name,
    source: sourceOf(request, files),
    adapters,
    overrides: configOverrides(request.info ?? {}),
    quantization: request.quantize === undefined ? undefined : parseQuantization(request.quantize),
  };
}

function sourceOf(request: CreateRequest, files: readonly UploadedFile[]): CheckedRequest['source'] {
  if (request.from !== undefined && request.from !== '') {
    const { source, base } = parseModelSource(request.from);
    if (source === 'cloud') throw remoteModel();
    parseModelName(base);
    return { type: 'model', text: request.from };
  }
  if (request.files === undefined)
    throw new CriaError('bad_request', "neither 'from' or 'files' was specified");
  if (files.length === 0) throw new CriaError('bad_request', 'no files provided to convert');
  return { type: 'files', files };
}

function remoteModel(): CriaError {
  return new CriaError('forbidden', 'ollama cloud is disabled: remote model is unavailable');
}

/** Sorted by path, so that equal requests make equal manifests. */
function uploadedFiles(entries: Readonly<Record<string, string>>): readonly UploadedFile[] {
  return Object.keys(entries)
    .sort()
    .map((path) => {
      if (!isRelativePath(path)) throw new CriaError('bad_request', 'file path must be relative');
      return { path, digest: parseDigest(entries[path] ?? '') };
    });
}

/** The path is a label only, never opened; it is checked all the same (Go: io/fs.ValidPath). */
function isRelativePath(path: string): boolean {
  const hasControls = [...path].some((char) => char < ' ');
  if (hasControls || /^[A-Za-z]:/.test(path)) return false;
  return path.split(/[/\\]/).every((part) => part !== '' && part !== '.' && part !== '..');
}

function checkTemplate(source: string, inspectGoTemplate: InspectGoTemplate): void {
  try {
    inspectGoTemplate(source);
  } catch (error) {
    const { message, data } = toCriaError(error);
    // Go's texts, which these are, tell the line alone.
    const column = data?.column === undefined ? '' : ` (column ${data.column})`;
    throw new CriaError('bad_request', `template error: ${message}${column}`, { cause: error });
  }
}

function configOverrides(info: Readonly<JsonObject>): ConfigOverrides {
  return {
    ...(info.capabilities === undefined ? {} : { capabilities: textList('capabilities', info.capabilities) }),
    ...textField(info, 'model_family', 'modelFamily'),
    ...textField(info, 'base_name', 'baseName'),
    ...textField(info, 'quantization_level', 'fileType'),
    ...textField(info, 'parameter_size', 'modelType'),
    ...countField(info, 'context_length', 'contextLength'),
    ...countField(info, 'embedding_length', 'embeddingLength'),
  };
}

function textField<K extends string>(
  info: Readonly<JsonObject>,
  key: string,
  name: K,
): { [P in K]?: string } {
  const value = info[key] ?? undefined;
  if (value === undefined) return {};
  if (typeof value !== 'string') throw infoError(key, 'a string');
  // TypeScript widens a computed key to string.
  return { [name]: value } as { [P in K]?: string };
}

function countField<K extends string>(
  info: Readonly<JsonObject>,
  key: string,
  name: K,
): { [P in K]?: number } {
  const value = info[key] ?? undefined;
  if (value === undefined) return {};
  if (typeof value !== 'number') throw infoError(key, 'a number');
  if (!Number.isSafeInteger(value) || value < 0) throw infoError(key, 'a non-negative integer');
  // TypeScript widens a computed key to string.
  return { [name]: value } as { [P in K]?: number };
}

function textList(key: string, value: JsonValue): readonly string[] {
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (!isList) throw infoError(key, 'a list of strings');
  return value;
}

function infoError(key: string, expected: string): CriaError {
  return new CriaError('bad_request', `info field ${JSON.stringify(key)} must be ${expected}`);
}
