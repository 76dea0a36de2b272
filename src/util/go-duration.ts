/** Durations in the notation of Go's `time.ParseDuration`, as Ollama's requests and environment variables write them. */
import { CriaError } from '../errors.ts';

const msPerUnit: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3, // U+00B5
  μs: 1e-3, // U+03BC
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Go counts nanoseconds in an int64; what lies beyond is invalid there. */
const maxMs = 2 ** 63 / 1e6;

/**
 * Milliseconds of e.g. `5m`, `1h30m`, `1.5h`, `-1m`, `0`: a sign, then decimals each with a unit (ns us µs ms s m h).
 * Throws `bad_request` with Go's own words.
 */
export function parseGoDuration(text: string): number {
  const signed = /^[+-]/.test(text);
  let rest = signed ? text.slice(1) : text;
  const sign = signed && text.startsWith('-') ? -1 : 1;
  if (rest === '0') return 0;
  if (rest === '') throw invalid(text);

  let totalMs = 0;
  while (rest !== '') {
    const number = /^(?:\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) throw invalid(text);
    rest = rest.slice(number.length);
    const unit = /^[^.\d]*/.exec(rest)?.[0] ?? '';
    if (unit === '')
      throw new CriaError('bad_request', `time: missing unit in duration ${JSON.stringify(text)}`);
    rest = rest.slice(unit.length);
    const scale = Object.hasOwn(msPerUnit, unit) ? msPerUnit[unit] : undefined;
    if (scale === undefined) {
      throw new CriaError(
        'bad_request',
        `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`,
      );
    }
    totalMs += Number(number) * scale;
  }
  if (totalMs >= maxMs) throw invalid(text);
  return sign * totalMs || 0;
}

function invalid(text: string): CriaError {
  return new CriaError('bad_request', `time: invalid duration ${JSON.stringify(text)}`);
}
