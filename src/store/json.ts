/** JSON of the store's files: byte for byte as Ollama writes it, so that equal content has equal digests. */
import { CriaError } from '../errors.ts';
import type { JsonObject, JsonValue } from '../types/json.ts';

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** Compact, with Go's HTML-safe escapes and a final newline. Object keys keep their order; undefined ones are left out. */
export function encodeJson(value: unknown): Buffer {
  const text = JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (char) => escapes[char] ?? char);
  return Buffer.from(`${text}\n`);
}

/** Parses a file of the store; `what` names it in the `corrupt_store` error. */
export function decodeJson(bytes: Buffer, what: string): JsonValue {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new CriaError('corrupt_store', `${what} is not JSON: ${(error as SyntaxError).message}`, {
      cause: error,
    });
  }
}

/** `what` names the file in the `corrupt_store` error. */
export function asObject(value: JsonValue | undefined, what: string): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new CriaError('corrupt_store', `${what} is not a JSON object`);
  return value;
}
