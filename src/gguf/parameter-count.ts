/** How many parameters a model has, as a number and as people write it. */
import type { GgufHeader } from './types.ts';

/** Sum of all tensors' elements. */
export function countParameters(header: GgufHeader): number {
  return header.tensors.reduce((sum, tensor) => sum + tensor.nElements, 0);
}

/** `8.0B`, `134.52M`, `22M`, `12K`, `640`: Ollama's rounding. */
export function parameterCountText(count: number): string {
  if (count >= 1e9) return `${fixed(count / 1e9, 1)}B`;
  if (count >= 1e6) return `${fixed(count / 1e6, 2)}M`;
  if (count >= 1e3) return `${(count / 1e3).toFixed(0)}K`;
  return String(count);
}

function fixed(value: number, digits: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(digits);
}
