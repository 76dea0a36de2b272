/** The `keep_alive` field: how long a model stays in memory after a request. */
import { CriaError } from '../errors.ts';
import type { JsonValue } from '../types/json.ts';
import { parseGoDuration } from '../util/go-duration.ts';

/** Milliseconds; Infinity = for ever (any negative value), undefined = the client left it out. Throws `bad_request`. */
export function parseKeepAlive(value: JsonValue | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return orForever(value * 1000);
  // Some clients spell "for ever" so; Ollama misses a unit, but nothing else can be meant.
  if (value === '-1') return Number.POSITIVE_INFINITY;
  if (typeof value === 'string') return orForever(parseGoDuration(value));
  throw new CriaError('bad_request', `Unsupported type: '${goTypeOf(value)}'`);
}

function orForever(ms: number): number {
  return ms < 0 ? Number.POSITIVE_INFINITY : ms;
}

function goTypeOf(value: boolean | JsonValue[] | object): string {
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}
