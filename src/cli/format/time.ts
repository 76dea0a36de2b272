/** Points in time and durations for people, in Ollama's spelling. */

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const yearMs = 365 * 24 * hourMs;

/** `About a minute`, `3 weeks`; never negative. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / secondMs);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.trunc(ms / minuteMs);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(ms / hourMs);
  const days = Math.trunc(hours / 24);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (days < 14) return `${days} days`;
  if (days < 60) return `${Math.trunc(days / 7)} weeks`;
  if (days < 2 * 365) return `${Math.trunc(days / 30)} months`;
  return `${Math.trunc(ms / yearMs)} years`;
}

/**
 * `2 weeks ago`, `4 minutes from now`; `Forever` beyond 20 years ahead; `zero` for Go's zero time and for what is no time.
 * Takes RFC 3339 text.
 */
export function relativeTime(text: string, nowMs: number, zero = 'Never'): string {
  const timeMs = parseTime(text);
  if (timeMs === undefined) return zero;
  const aheadMs = timeMs - nowMs;
  if (Math.trunc(aheadMs / yearMs) > 20) return 'Forever';
  return aheadMs > 0 ? `${humanDuration(aheadMs)} from now` : `${humanDuration(-aheadMs)} ago`;
}

/** Milliseconds since 1970 of RFC 3339 text; undefined for Go's zero time and for what is no time. */
export function parseTime(text: string): number | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) || text.startsWith('0001-01-01') ? undefined : ms;
}

/** Nanoseconds as Go prints a duration: `1m30.5s`, `12.345ms`, `0s`. */
export function goDuration(ns: number): string {
  if (ns < 0) return `-${goDuration(-ns)}`;
  if (ns === 0) return '0s';
  if (ns < 1e3) return `${ns}ns`;
  if (ns < 1e6) return `${decimal(ns, 1e3)}µs`;
  if (ns < 1e9) return `${decimal(ns, 1e6)}ms`;
  const minutes = Math.trunc(ns / 60e9);
  const seconds = `${decimal(ns - minutes * 60e9, 1e9)}s`;
  if (minutes === 0) return seconds;
  const hours = Math.trunc(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

/** Exact: `unit` is a power of ten, so the digits of the quotient are those of the whole number. */
function decimal(ns: number, unit: number): string {
  const whole = Math.trunc(ns / unit);
  const fraction = String(Math.round(ns % unit))
    .padStart(Math.log10(unit), '0')
    .replace(/0+$/, '');
  return fraction === '' ? String(whole) : `${whole}.${fraction}`;
}
