/** Brings sampling parameters into the ranges in which llama.cpp's samplers are safe: it checks them with assertions at most. */
import { CriaError } from '../errors.ts';
import type { SamplingParams } from '../types/sampling.ts';

/** Beyond this nothing changes but that 32-bit floats overflow. */
const maxMagnitude = 1e6;
const maxInteger = 2 ** 31 - 1;
/** Each breaker costs a pass over the vocabulary. */
const maxBreakers = 32;

/**
 * Numbers are clamped where more means the same, look-back lengths to the context (-1 = all of it). Throws `bad_request` for what
 * has no meaning: NaN, a repeat penalty of 0 or less, tokens that the vocabulary does not have.
 */
export function limitSampling(
  params: SamplingParams,
  limits: { nVocab: number; nCtx: number },
): SamplingParams {
  const { nCtx, nVocab } = limits;
  const real = (name: keyof SamplingParams): number => {
    const value = params[name];
    if (typeof value !== 'number' || Number.isNaN(value))
      throw new CriaError('bad_request', `${name} is not a number`);
    return Math.min(Math.max(value, -maxMagnitude), maxMagnitude);
  };
  const integer = (name: keyof SamplingParams): number => Math.trunc(clampInteger(Number(params[name])));
  const lookBack = (name: keyof SamplingParams): number => {
    const length = integer(name);
    return length < 0 ? nCtx : Math.min(length, nCtx);
  };
  const repeatPenalty = real('repeatPenalty');
  if (repeatPenalty <= 0) throw new CriaError('bad_request', 'repeat_penalty must be greater than 0');
  const drySequenceBreakers = params.drySequenceBreakers.filter((text) => text !== '');
  if (drySequenceBreakers.length > maxBreakers)
    throw new CriaError('bad_request', `dry_sequence_breakers has more than ${maxBreakers} entries`);
  return {
    ...params,
    temperature: real('temperature'),
    topK: integer('topK'),
    topP: real('topP'),
    minP: real('minP'),
    typicalP: real('typicalP'),
    repeatLastN: lookBack('repeatLastN'),
    repeatPenalty,
    presencePenalty: real('presencePenalty'),
    frequencyPenalty: real('frequencyPenalty'),
    topNSigma: real('topNSigma'),
    xtcProbability: real('xtcProbability'),
    xtcThreshold: real('xtcThreshold'),
    dryMultiplier: real('dryMultiplier'),
    dryBase: real('dryBase'),
    dryAllowedLength: Math.max(0, integer('dryAllowedLength')),
    dryPenaltyLastN: lookBack('dryPenaltyLastN'),
    drySequenceBreakers,
    mirostatTau: real('mirostatTau'),
    mirostatEta: real('mirostatEta'),
    logitBias: params.logitBias.map(([token, bias]) => {
      if (!Number.isInteger(token) || token < 0 || token >= nVocab)
        throw new CriaError('bad_request', `logit_bias: the vocabulary has no token ${token}`);
      if (Number.isNaN(bias)) throw new CriaError('bad_request', 'logit_bias: a bias is not a number');
      // Minus infinity stays: it forbids the token.
      return [
        token,
        bias === Number.NEGATIVE_INFINITY ? bias : Math.max(-maxMagnitude, Math.min(bias, maxMagnitude)),
      ];
    }),
  };
}

function clampInteger(value: number): number {
  if (Number.isNaN(value)) throw new CriaError('bad_request', 'a sampling parameter is not a number');
  return Math.min(Math.max(value, -maxInteger), maxInteger);
}
