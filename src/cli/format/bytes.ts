/** Sizes and counts for people, in Ollama's spelling. */

const byteUnits = [
  { factor: 1e12, unit: 'TB' },
  { factor: 1e9, unit: 'GB' },
  { factor: 1e6, unit: 'MB' },
  { factor: 1e3, unit: 'KB' },
];

/** Decimal units: `512 B`, `4.7 GB`, `12 GB` (from 10 on without decimals, cut off, not rounded). */
export function humanBytes(bytes: number): string {
  const step = byteUnits.find(({ factor }) => bytes >= factor);
  if (step === undefined) return `${Math.trunc(bytes)} B`;
  const value = bytes / step.factor;
  const digits = value >= 10 || Number.isInteger(value) ? String(Math.trunc(value)) : value.toFixed(1);
  return `${digits} ${step.unit}`;
}

/** Counts such as parameters: `7.2B`, `134.52M`, `12K`, `999`. */
export function humanCount(count: number): string {
  if (count >= 1e9) return `${wholeOrFixed(count / 1e9, 1)}B`;
  if (count >= 1e6) return `${wholeOrFixed(count / 1e6, 2)}M`;
  if (count >= 1e3) return `${(count / 1e3).toFixed(0)}K`;
  return String(count);
}

function wholeOrFixed(value: number, digits: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(digits);
}
