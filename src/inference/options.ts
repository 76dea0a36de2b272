/** Merges built-in defaults, a model's parameters and a request's options, with Ollama's names, types and error texts. */
import { CriaError } from '../errors.ts';
import type { JsonValue } from '../types/json.ts';
import type { RunnerOptions } from '../types/runner-options.ts';
import type { SamplingParams } from '../types/sampling.ts';

/** All options of one request, final. */
export interface ResolvedOptions {
  readonly sampling: SamplingParams;
  readonly runner: RunnerOptions;
  /** Most tokens to generate; negative = no limit but the engine's. */
  readonly numPredict: number;
  /** Prompt tokens kept when the prompt is cut or the context shifts; negative = all. */
  readonly numKeep: number;
  readonly stop: readonly string[];
  /** Decode in batches of this request's own shape. */
  readonly deterministic: boolean;
  /** Names that no option has; worth a line in the log. */
  readonly unknown: readonly string[];
}

type Kind = 'integer' | 'float32' | 'boolean' | 'strings' | 'logitBias';

/** Every option and its type. Names that only cria knows stand last. */
const kinds: Readonly<Record<string, Kind>> = {
  num_ctx: 'integer',
  num_batch: 'integer',
  num_gpu: 'integer',
  main_gpu: 'integer',
  use_mmap: 'boolean',
  num_thread: 'integer',
  num_keep: 'integer',
  seed: 'integer',
  num_predict: 'integer',
  top_k: 'integer',
  top_p: 'float32',
  min_p: 'float32',
  typical_p: 'float32',
  repeat_last_n: 'integer',
  temperature: 'float32',
  repeat_penalty: 'float32',
  presence_penalty: 'float32',
  frequency_penalty: 'float32',
  stop: 'strings',
  mirostat: 'integer',
  mirostat_tau: 'float32',
  mirostat_eta: 'float32',
  draft_num_predict: 'integer',
  top_n_sigma: 'float32',
  xtc_probability: 'float32',
  xtc_threshold: 'float32',
  dry_multiplier: 'float32',
  dry_base: 'float32',
  dry_allowed_length: 'integer',
  dry_penalty_last_n: 'integer',
  dry_sequence_breakers: 'strings',
  logit_bias: 'logitBias',
  deterministic: 'boolean',
};

/** Options of earlier Ollama versions that clients still send: nothing to do, nothing to say. */
const retired = new Set([
  'numa',
  'low_vram',
  'f16_kv',
  'logits_all',
  'vocab_only',
  'use_mlock',
  'penalize_newline',
  'tfs_z',
  'num_gqa',
]);

type OptionValue = number | boolean | readonly string[] | readonly (readonly [number, number])[];

/** Later layers win. Throws `bad_option` for a value of the wrong type. */
export function resolveOptions(...layers: readonly Readonly<Record<string, JsonValue>>[]): ResolvedOptions {
  const values = new Map<string, OptionValue>();
  const unknown = new Set<string>();
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) {
      const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
      if (kind === undefined) {
        if (!retired.has(name)) unknown.add(name);
      } else if (value !== null) {
        values.set(name, checked(name, kind, value));
      }
    }
  }
  const number = (name: string, fallback: number): number =>
    (values.get(name) as number | undefined) ?? fallback;
  const optional = <T extends OptionValue>(name: string): T | undefined => values.get(name) as T | undefined;

  return {
    sampling: {
      seed: number('seed', -1),
      temperature: number('temperature', 0.8),
      topK: number('top_k', 40),
      topP: number('top_p', 0.9),
      minP: number('min_p', 0),
      typicalP: number('typical_p', 1),
      repeatLastN: number('repeat_last_n', 64),
      repeatPenalty: number('repeat_penalty', 1),
      presencePenalty: number('presence_penalty', 0),
      frequencyPenalty: number('frequency_penalty', 0),
      topNSigma: number('top_n_sigma', -1),
      xtcProbability: number('xtc_probability', 0),
      xtcThreshold: number('xtc_threshold', 0.1),
      dryMultiplier: number('dry_multiplier', 0),
      dryBase: number('dry_base', 1.75),
      dryAllowedLength: number('dry_allowed_length', 2),
      dryPenaltyLastN: number('dry_penalty_last_n', -1),
      drySequenceBreakers: optional<readonly string[]>('dry_sequence_breakers') ?? ['\n', ':', '"', '*'],
      mirostat: mirostatVersion(number('mirostat', 0)),
      mirostatTau: number('mirostat_tau', 5),
      mirostatEta: number('mirostat_eta', 0.1),
      logitBias: optional<readonly (readonly [number, number])[]>('logit_bias') ?? [],
    },
    runner: {
      nCtx: optional<number>('num_ctx'),
      nBatch: optional<number>('num_batch'),
      nGpuLayers: optional<number>('num_gpu'),
      mainGpu: optional<number>('main_gpu'),
      useMmap: optional<boolean>('use_mmap'),
      nThreads: optional<number>('num_thread'),
    },
    numPredict: number('num_predict', -1),
    numKeep: number('num_keep', 4),
    stop: (optional<readonly string[]>('stop') ?? []).filter((text) => text !== ''),
    deterministic: optional<boolean>('deterministic') ?? false,
    unknown: [...unknown],
  };
}

function checked(name: string, kind: Kind, value: JsonValue): OptionValue {
  switch (kind) {
    case 'integer':
      if (typeof value === 'number') return Math.trunc(value);
      throw wrongType(name, 'integer');
    case 'float32':
      if (typeof value === 'number') return value;
      throw wrongType(name, 'float32');
    case 'boolean':
      if (typeof value === 'boolean') return value;
      throw wrongType(name, 'boolean');
    case 'strings':
      if (!Array.isArray(value)) throw wrongType(name, 'array');
      if (value.every((item) => typeof item === 'string')) return value;
      throw new CriaError('bad_option', `option "${name}" must be of an array of strings`);
    case 'logitBias':
      return logitBias(name, value);
  }
}

/** `[[id, bias], …]` or `{"id": bias, …}`; a bias of `false` forbids the token. */
function logitBias(name: string, value: JsonValue): readonly (readonly [number, number])[] {
  const pairs = Array.isArray(value)
    ? value
    : value !== null && typeof value === 'object'
      ? Object.entries(value)
      : [];
  if (typeof value !== 'object') throw wrongType(name, 'array');
  return pairs.map((pair) => {
    const [token, bias] = Array.isArray(pair) ? pair : [];
    const id = typeof token === 'string' && /^\d+$/.test(token) ? Number(token) : token;
    if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) {
      if (typeof bias === 'number') return [id, bias] as const;
      if (bias === false) return [id, Number.NEGATIVE_INFINITY] as const;
    }
    throw new CriaError('bad_option', `option "${name}" must be an array of [token id, bias] pairs`);
  });
}

function mirostatVersion(value: number): 0 | 1 | 2 {
  return value === 1 || value === 2 ? value : 0;
}

function wrongType(name: string, type: string): CriaError {
  return new CriaError('bad_option', `option "${name}" must be of type ${type}`);
}
