/**
 * The sampling that a model's makers recommend: generation_config.json → llama.cpp's keys (gguf-py: `general.sampling.*`).
 * `do_sample` is not looked at: whoever gives a temperature means it, and the library's own default is false.
 */
import type { ConfigReader } from './config.ts';
import { float, type Metadata, uint } from './metadata.ts';

/** Key of generation_config.json, GGUF's key, and the values that mean something. */
const rules: readonly {
  readonly from: string;
  readonly to: string;
  readonly isInteger?: true;
  isSound(value: number): boolean;
}[] = [
  { from: 'temperature', to: 'temp', isSound: (value) => value >= 0 },
  { from: 'top_k', to: 'top_k', isInteger: true, isSound: (value) => value >= 0 && value <= 0x7fff_ffff },
  { from: 'top_p', to: 'top_p', isSound: (value) => value > 0 && value <= 1 },
  { from: 'min_p', to: 'min_p', isSound: (value) => value >= 0 && value <= 1 },
  { from: 'repetition_penalty', to: 'penalty_repeat', isSound: (value) => value > 0 },
];

/** Values that mean nothing are left out: a model must not fail for a hint. */
export function samplingMetadata(generation: ConfigReader | undefined): Metadata {
  return rules.flatMap(({ from, to, isInteger, isSound }): Metadata => {
    const value = generation?.raw(from);
    if (typeof value !== 'number' || !isSound(value)) return [];
    if (isInteger === undefined) return [[`general.sampling.${to}`, float(value)]];
    return Number.isInteger(value) ? [[`general.sampling.${to}`, uint(value)]] : [];
  });
}
