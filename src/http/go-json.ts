/** Writes JSON as Go's encoding/json does, which clients of Ollama are used to. */

const needsEscape = /[<>&\u2028\u2029]/;
const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** Go makes its JSON safe to put into HTML; these characters occur inside of strings only. */
function escapeHtml(json: string): string {
  return needsEscape.test(json) ? json.replace(/[<>&\u2028\u2029]/g, (c) => escapes[c] ?? c) : json;
}

/** A JSON string. On the path of every token. */
export function goString(text: string): string {
  return escapeHtml(JSON.stringify(text));
}

/**
 * Any value: bigint as an integer, a number that JSON cannot say as null, a Date as RFC 3339 with the local offset.
 * Properties that are undefined are left out; keys stay in their order.
 */
export function goJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return goString(value);
    case 'bigint':
      return value.toString();
    case 'object':
      break;
    default:
      return JSON.stringify(value) ?? 'null';
  }
  if (value === null) return 'null';
  if (value instanceof Date) return `"${localTime(value)}"`;
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  const fields: string[] = [];
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) fields.push(`${goString(key)}:${goJson(field)}`);
  }
  return `{${fields.join(',')}}`;
}

let cachedSecond = -1;
let cachedPrefix = '';

/** Now in UTC as RFC 3339, without zeros at the end of the fraction. On the path of every token. */
export function utcNow(): string {
  const nowMs = Date.now();
  const second = Math.floor(nowMs / 1000);
  if (second !== cachedSecond) {
    cachedSecond = second;
    cachedPrefix = new Date(nowMs).toISOString().slice(0, 19);
  }
  return `${cachedPrefix}${fraction(nowMs - second * 1000)}Z`;
}

/** The time as RFC 3339 with this machine's offset, `Z` when that is zero. */
export function localTime(date: Date): string {
  const ms = date.getTime();
  const offsetMin = -date.getTimezoneOffset();
  const shifted = new Date(ms + offsetMin * 60_000);
  const digits = shifted.toISOString().slice(0, -5);
  return `${digits}${fraction(shifted.getUTCMilliseconds())}${offset(offsetMin)}`;
}

function fraction(ms: number): string {
  if (ms === 0) return '';
  return `.${String(ms).padStart(3, '0')}`.replace(/0+$/, '');
}

function offset(minutes: number): string {
  if (minutes === 0) return 'Z';
  const total = Math.abs(minutes);
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(total / 60)}:${two(total % 60)}`;
}
