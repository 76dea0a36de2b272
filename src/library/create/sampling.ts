/** Sampling that a model's makers recommend, as the converter notes it from generation_config.json → PARAMETER values. */
import type { GgufHeader } from '../../gguf/types.ts';
import type { JsonObject } from '../../types/json.ts';
import { shortestFloat32 } from '../metadata-json.ts';

/** Key behind `general.sampling.` (llama.cpp's gguf-py) → PARAMETER. */
const parameters = {
  temp: 'temperature',
  top_k: 'top_k',
  top_p: 'top_p',
  min_p: 'min_p',
  penalty_repeat: 'repeat_penalty',
} as const;

export function samplingParameters({ metadata }: GgufHeader): JsonObject {
  const found: [string, number][] = [];
  for (const [key, name] of Object.entries(parameters)) {
    const value = metadata.get(`general.sampling.${key}`);
    if (value?.type === 'array' || typeof value?.value !== 'number') continue;
    found.push([name, value.type === 'float32' ? shortestFloat32(value.value) : value.value]);
  }
  return Object.fromEntries(found);
}
