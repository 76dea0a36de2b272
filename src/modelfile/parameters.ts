/** PARAMETER lines: which names there are, their types, and the conversion of their texts. */
import { CriaError } from '../errors.ts';
import type { JsonObject, JsonValue } from '../types/json.ts';
import { parseGoBool } from '../util/go-bool.ts';

type ParameterType = 'int' | 'float' | 'bool' | 'strings';

/** Every option that a text can express. Names that only cria knows stand last. */
export const parameterTypes: ReadonlyMap<string, ParameterType> = new Map([
  ['num_ctx', 'int'],
  ['num_batch', 'int'],
  ['num_gpu', 'int'],
  ['main_gpu', 'int'],
  ['use_mmap', 'bool'],
  ['num_thread', 'int'],
  ['draft_num_predict', 'int'],
  ['num_keep', 'int'],
  ['seed', 'int'],
  ['num_predict', 'int'],
  ['top_k', 'int'],
  ['top_p', 'float'],
  ['min_p', 'float'],
  ['typical_p', 'float'],
  ['repeat_last_n', 'int'],
  ['temperature', 'float'],
  ['repeat_penalty', 'float'],
  ['presence_penalty', 'float'],
  ['frequency_penalty', 'float'],
  ['stop', 'strings'],
  // Ollama drops these three with a warning since its engine lost them; here they work.
  ['mirostat', 'int'],
  ['mirostat_tau', 'float'],
  ['mirostat_eta', 'float'],
  ['top_n_sigma', 'float'],
  ['xtc_probability', 'float'],
  ['xtc_threshold', 'float'],
  ['dry_multiplier', 'float'],
  ['dry_base', 'float'],
  ['dry_allowed_length', 'int'],
  ['dry_penalty_last_n', 'int'],
  ['dry_sequence_breakers', 'strings'],
  ['deterministic', 'bool'],
]);

const deprecatedParameters = new Set([
  'penalize_newline',
  'low_vram',
  'f16_kv',
  'logits_all',
  'vocab_only',
  'use_mlock',
]);

/** Names that old Modelfiles carry and that mean nothing any more: they are dropped with a warning. */
export function isDeprecatedParameter(name: string): boolean {
  return deprecatedParameters.has(name);
}

/**
 * The value of one parameter from its texts: a list for the types that are lists, otherwise the first text's value.
 * Throws `bad_request` with Ollama's texts.
 */
export function convertParameter(name: string, texts: readonly string[]): JsonValue {
  const type = parameterTypes.get(name);
  const text = texts[0] ?? '';
  switch (type) {
    case undefined:
      throw new CriaError('bad_request', `unknown parameter '${name}'`);
    case 'strings':
      return [...texts];
    case 'int': {
      const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
      if (!Number.isSafeInteger(value)) throw invalidValue('int', texts);
      return value;
    }
    case 'float': {
      const value = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
      if (!Number.isFinite(value)) throw invalidValue('float', texts);
      return value;
    }
    case 'bool': {
      const value = parseGoBool(text);
      if (value === undefined) throw invalidValue('bool', texts);
      return value;
    }
  }
}

/** `parameters` with one more line: lists grow, anything else is replaced. */
export function addParameter(parameters: JsonObject, name: string, text: string): JsonObject {
  const value = convertParameter(name, [text]);
  const previous = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  const merged = Array.isArray(previous) && Array.isArray(value) ? [...previous, ...value] : value;
  return { ...parameters, [name]: merged };
}

function invalidValue(type: string, texts: readonly string[]): CriaError {
  return new CriaError('bad_request', `invalid ${type} value [${texts.join(' ')}]`);
}
