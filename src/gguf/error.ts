/** The one error of a file that is not a sound GGUF. */
import { CriaError } from '../errors.ts';

/** `detail` completes the sentence "invalid GGUF: …". */
export function invalidGguf(detail: string, cause?: unknown): CriaError {
  return new CriaError('invalid_gguf', `invalid GGUF: ${detail}`, { cause });
}

/** Quotes text of a file for a message: bounded, control characters escaped. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
