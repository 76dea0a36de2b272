/** The flags of `cria run` → what they mean. */
import { createReadStream } from 'node:fs';
import type { JsonObject, JsonValue } from '../../types/json.ts';
import { parseGoDuration } from '../../util/go-duration.ts';
import { readAll } from '../read-all.ts';

/** As commander collects them. */
export interface RunFlags {
  readonly keepalive?: string;
  readonly verbose?: true;
  readonly insecure?: true;
  /** `--nowordwrap`. */
  readonly nowordwrap?: true;
  readonly format?: string;
  readonly think?: string;
  readonly hidethinking?: true;
  readonly dimensions?: number;
  /** `--truncate`, `--truncate=false`. */
  readonly truncate?: string | true;
}

/** What the flags mean. */
export interface RunOptions {
  readonly model: string;
  readonly format: JsonValue | undefined;
  readonly keepAlive: string | number | undefined;
  readonly think: Think | undefined;
  /** Of embedding models: numbers of the vector to keep, and whether a long prompt is cut. */
  readonly dimensions: number | undefined;
  readonly truncate: boolean | undefined;
  readonly hidesThinking: boolean;
  readonly isWordWrap: boolean;
  readonly isVerbose: boolean;
}

export const thinkLevels = ['high', 'medium', 'low', 'max'] as const;

export type Think = boolean | (typeof thinkLevels)[number];

/** The value of `--think`; undefined = the flag was not given. */
export function parseThink(text: string | undefined): Think | undefined {
  if (text === undefined) return undefined;
  if (text === 'true' || text === '') return true;
  if (text === 'false') return false;
  const level = thinkLevels.find((known) => known === text);
  if (level !== undefined) return level;
  throw new Error(
    `invalid value for --think: ${JSON.stringify(text)} (must be true, false, high, medium, low, or max)`,
  );
}

/** The value of `--keepalive` as it goes over the wire: seconds, or a duration such as `5m`. */
export function parseKeepAlive(text: string | undefined): string | number | undefined {
  if (text === undefined) return undefined;
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  parseGoDuration(text);
  return text;
}

/** The value of `--dimensions`. */
export function parseDimensions(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`invalid value for --dimensions: ${JSON.stringify(text)} (must be a number above 0)`);
}

/** The value of `--truncate`; undefined = the flag was not given. */
export function parseTruncate(value: string | true | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (value === true || value === 'true') return true;
  if (value === 'false') return false;
  throw new Error(`invalid value for --truncate: ${JSON.stringify(value)} (must be true or false)`);
}

/** Of a file with a schema or a grammar. */
const maxFormatBytes = 4 * 1024 * 1024;

/** The value of `--format`: `json`, a JSON Schema, a file with one, or one whose name ends in `.gbnf` with a grammar. */
export async function parseFormat(text: string | undefined): Promise<JsonValue | undefined> {
  if (text === undefined || text === '') return undefined;
  if (text === 'json') return text;
  if (text.trimStart().startsWith('{')) return schemaOf(text, '--format');
  const content = await readFormatFile(text);
  return text.endsWith('.gbnf') ? { type: 'gbnf', grammar: content } : schemaOf(content, text);
}

async function readFormatFile(file: string): Promise<string> {
  let bytes: Buffer | undefined;
  try {
    bytes = await readAll(createReadStream(file), maxFormatBytes);
  } catch (error) {
    throw new Error(
      `invalid value for --format: ${JSON.stringify(file)} (must be json, a JSON Schema, or a file with one or with a grammar)`,
      { cause: error },
    );
  }
  if (bytes === undefined) throw new Error(`${file}: file size exceeds maximum limit (4MB)`);
  return new TextDecoder().decode(bytes);
}

function schemaOf(text: string, where: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${where}: not a JSON Schema (it must be an object)`);
  }
  // JSON.parse makes nothing but JSON values.
  return value as JsonObject;
}
