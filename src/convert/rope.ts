/** Rotary position embeddings: the spellings of config.json over the years → one form, and GGUF's keys. */
import type { ConfigReader } from './config.ts';
import { conversionError, quoted, unsupported } from './error.ts';
import { maxContext } from './limits.ts';
import { float, type Metadata, text, uint } from './metadata.ts';

export interface Rope {
  readonly theta: number;
  /** `default` = no scaling. */
  readonly kind: 'default' | 'linear' | 'yarn' | 'llama3' | 'longrope';
  /** Where the parameters of the kind are. */
  readonly parameters: ConfigReader;
  /** Factor of linear, yarn and llama3; 1 without. */
  readonly factor: number;
  readonly partialFactor: number;
}

/** Newest first: `rope_parameters` (one object, or one a layer type), `rope_scaling` beside `rope_theta`. */
export function readRope(
  config: ConfigReader,
  { defaultTheta, layerType }: { readonly defaultTheta: number; readonly layerType?: string },
): Rope {
  const all = config.objectOr('rope_parameters', undefined) ?? config.objectOr('rope_scaling', undefined);
  const parameters =
    (layerType === undefined ? undefined : all?.objectOr(layerType, undefined)) ??
    (all?.raw('full_attention') === undefined ? all : undefined) ??
    config;
  const isOwn = parameters !== config;
  const type = isOwn
    ? (parameters.textOr('rope_type', undefined) ?? parameters.textOr('type', 'default'))
    : 'default';
  const factor = isOwn ? parameters.numberOr('factor', 1) : 1;
  const theta =
    (isOwn ? parameters.numberOr('rope_theta', undefined) : undefined) ??
    config.numberOr('rope_theta', defaultTheta);
  if (theta <= 0 || factor <= 0) throw conversionError('config.json: the rotary embedding makes no sense');
  return {
    theta,
    kind: kindOf(type),
    parameters,
    factor,
    partialFactor:
      (isOwn ? parameters.numberOr('partial_rotary_factor', undefined) : undefined) ??
      config.numberOr('partial_rotary_factor', 1),
  };
}

function kindOf(type: string): Rope['kind'] {
  switch (type) {
    case 'default':
    // Changes nothing within the trained context, and cria does not go beyond it.
    case 'dynamic':
      return 'default';
    case 'linear':
    case 'yarn':
    case 'llama3':
    case 'longrope':
      return type;
    case 'su':
      return 'longrope';
    default:
      throw unsupported(`rotary embeddings of type ${quoted(type)} are not implemented yet`);
  }
}

/** `llama3` and `longrope` are told by tensors instead. */
export function ropeMetadata(arch: string, rope: Rope): Metadata {
  const entries: [string, Metadata[number][1]][] = [[`${arch}.rope.freq_base`, float(rope.theta)]];
  const { parameters } = rope;
  if (rope.kind === 'linear' || rope.kind === 'yarn') {
    entries.push([`${arch}.rope.scaling.type`, text(rope.kind)]);
    entries.push([`${arch}.rope.scaling.factor`, float(rope.factor)]);
  }
  if (rope.kind === 'yarn') {
    const range = { min: 1, max: maxContext };
    const original = parameters.integerOr('original_max_position_embeddings', range, undefined);
    // Without it both libraries take the context of the configuration.
    if (original !== undefined)
      entries.push([`${arch}.rope.scaling.original_context_length`, uint(original)]);
    // llama.cpp derives the scale of the scores from the factor; another one would be applied on top of it.
    for (const key of ['attention_factor', 'mscale', 'mscale_all_dim'])
      if (parameters.raw(key) !== undefined)
        throw unsupported(`rotary embeddings with ${quoted(key)} are not implemented yet`);
    for (const [key, name] of [
      ['beta_fast', 'yarn_beta_fast'],
      ['beta_slow', 'yarn_beta_slow'],
    ] as const) {
      const value = parameters.numberOr(key, undefined);
      if (value !== undefined) entries.push([`${arch}.rope.scaling.${name}`, float(value)]);
    }
  }
  return entries;
}

/**
 * Divisors of the rotation frequencies for Llama 3.1 and later: long wavelengths are stretched by the factor, short ones
 * not at all, with a smooth passage between (transformers: `_compute_llama3_parameters`). [nDims / 2]
 */
export function llama3Factors(rope: Rope, nDims: number): Float32Array<ArrayBuffer> {
  const low = rope.parameters.number('low_freq_factor');
  const high = rope.parameters.number('high_freq_factor');
  const original = rope.parameters.integer('original_max_position_embeddings', { min: 1, max: maxContext });
  if (!(low > 0) || !(high > low)) throw conversionError('config.json: the rotary embedding makes no sense');
  return Float32Array.from({ length: nDims / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * rope.theta ** ((2 * i) / nDims);
    if (wavelength < original / high) return 1;
    if (wavelength > original / low) return rope.factor;
    const smooth = (original / wavelength - low) / (high - low);
    return 1 / ((1 - smooth) / rope.factor + smooth);
  });
}
