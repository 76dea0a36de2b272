/** The two ways in which a conversion ends early: files that make no sense, and models that cria cannot convert. */
import { CriaError } from '../errors.ts';

/** The files are damaged, incomplete or contradict each other. */
export function conversionError(message: string, cause?: unknown): CriaError {
  return new CriaError('conversion_failed', message, { cause });
}

/** The files are sound, but this kind of model is not done yet; a wrong conversion would be worse. */
export function unsupported(message: string): CriaError {
  return new CriaError('not_implemented', message);
}

/** Quotes text of a file for a message: bounded, control characters escaped. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
