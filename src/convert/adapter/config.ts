/** adapter_config.json, as the peft library and mlx-lm write it: how strong each change is. */
import type { ConfigReader } from '../config.ts';
import { conversionError, quoted, unsupported } from '../error.ts';

export interface AdapterConfig {
  /** `adapter.lora.alpha`: llama.cpp multiplies a change by this over its rank. */
  readonly alpha: number;
  /** What is left to multiply the change of a module with. */
  factorOf(module: string, rank: number): number;
}

/** Keys that change what an adapter means, in ways that GGUF cannot tell; all of them are off by default. */
const unknownVariants = [
  'use_dora',
  'fan_in_fan_out',
  'lora_bias',
  'layer_replication',
  'trainable_token_indices',
  'target_parameters',
  'alora_invocation_tokens',
  'use_qalora',
  'use_bdlora',
  'arrow_config',
  'kasa_config',
  'monteclora_config',
  'velora_config',
  'modules_to_save',
];

/** Throws `conversion_failed`, `not_implemented`. */
export function readAdapterConfig(config: ConfigReader): AdapterConfig {
  const mlx = config.objectOr('lora_parameters', undefined);
  if (mlx !== undefined && config.raw('peft_type') === undefined) return readMlx(config, mlx);
  const type = config.textOr('peft_type', 'LORA').toUpperCase();
  if (type !== 'LORA') throw unsupported(`adapters of the type ${quoted(type)} are not implemented yet`);
  for (const key of unknownVariants)
    if (isOn(config.raw(key))) throw unsupported(`adapters with ${quoted(key)} are not implemented yet`);
  // These begin with changed weights, which the base model here does not have.
  const start = config.raw('init_lora_weights');
  if (typeof start === 'string' && /^(?:pissa|olora|corda|loftq)/i.test(start))
    throw unsupported(
      `adapters that were initialised by ${quoted(start)} must be saved as ordinary ones first`,
    );
  const alpha = positive(config.number('lora_alpha'), 'lora_alpha');
  const isStabilized = config.flagOr('use_rslora', false);
  const patterns = patternsOf(config);
  // Of a stabilised one the change is alpha / √rank; the usual rank makes the factor 1.
  const divisor = (rank: number): number => (isStabilized ? Math.sqrt(rank) : rank);
  const usualRank = config.integer('r', { min: 1, max: maxRank });
  const written = (alpha * usualRank) / divisor(usualRank);
  return {
    alpha: written,
    factorOf: (module, rank) => {
      const own =
        patterns.find(([suffix]) => module === suffix || module.endsWith(`.${suffix}`))?.[1] ?? alpha;
      return ((own / divisor(rank)) * rank) / written;
    },
  };
}

/** Ranks of real adapters end at some hundreds. */
export const maxRank = 65_536;

/** mlx-lm tells the factor itself. */
function readMlx(config: ConfigReader, parameters: ConfigReader): AdapterConfig {
  const type = config.textOr('fine_tune_type', 'lora');
  if (type !== 'lora') throw unsupported(`adapters of the type ${quoted(type)} are not implemented yet`);
  const usualRank = parameters.integer('rank', { min: 1, max: maxRank });
  const scale = positive(parameters.number('scale'), 'scale');
  const alpha = scale * usualRank;
  return { alpha, factorOf: (_module, rank) => (scale * rank) / alpha };
}

/** `alpha_pattern`: end of a module's name → its own alpha. */
function patternsOf(config: ConfigReader): readonly (readonly [suffix: string, alpha: number])[] {
  const patterns = config.objectOr('alpha_pattern', undefined);
  return (patterns?.keys() ?? []).map((pattern) => {
    // peft takes them as regular expressions; plain names are what is used.
    if (!/^\^?[\w.]+$/.test(pattern))
      throw unsupported(`the pattern ${quoted(pattern)} of the adapter is not implemented yet`);
    return [pattern.replace(/^\^/, ''), positive(patterns?.number(pattern) ?? 0, 'alpha_pattern')];
  });
}

function positive(value: number, key: string): number {
  if (value > 0) return value;
  throw conversionError(`adapter_config.json: ${quoted(key)} must be greater than 0`);
}

function isOn(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== false;
}
