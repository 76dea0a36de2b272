/** Failures inside the interpreter, and how they become the `template_error` that callers see. */
import { CriaError, isCriaError } from '../../errors.ts';

/**
 * `raised`: the template itself refused, through `raise_exception`, and its message is shown as it is; `limit`: it wanted
 * to spend more than it may; `error`: anything else.
 */
export type FailureReason = 'error' | 'raised' | 'limit';

/** Something the template did wrong; carries the offset of the offending source text once it is known. */
export class TemplateFailure extends Error {
  readonly offset: number | undefined;
  readonly reason: FailureReason;

  constructor(message: string, options: { offset?: number; reason?: FailureReason } = {}) {
    super(message);
    this.name = 'TemplateFailure';
    this.offset = options.offset;
    this.reason = options.reason ?? 'error';
  }
}

/** Turns what compiling or rendering threw into a CriaError; its data: `line` and `column` (both from 1), and `reason`. */
export function toTemplateError(error: unknown, source: string, offset: number): CriaError {
  if (isCriaError(error)) return error;
  const failure = toFailure(error);
  const place = lineAndColumn(source, failure.offset ?? offset);
  const message =
    failure.reason === 'raised'
      ? failure.message
      : `chat template, line ${place.line}, column ${place.column}: ${failure.message}`;
  return new CriaError('template_error', message, {
    data: { ...place, reason: failure.reason },
    ...(failure === error ? {} : { cause: error }),
  });
}

function toFailure(error: unknown): TemplateFailure {
  if (error instanceof TemplateFailure) return error;
  // The engine's own stack limit: only reached by expressions and macros that nest absurdly.
  if (error instanceof RangeError) return new TemplateFailure('nested too deeply', { reason: 'limit' });
  throw error;
}

function lineAndColumn(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}
