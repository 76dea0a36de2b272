/** Failures inside the interpreter, and how they become the `template_error` that callers see. */
import { CriaError, isCriaError } from '../../errors.ts';

/** Something the template did wrong; carries the offset of the offending source text once it is known. */
export class TemplateFailure extends Error {
  readonly offset: number | undefined;
  /** The template itself refused, through `raise_exception`: its message is shown as it is. */
  readonly isRaised: boolean;

  constructor(message: string, options: { offset?: number; isRaised?: boolean } = {}) {
    super(message);
    this.name = 'TemplateFailure';
    this.offset = options.offset;
    this.isRaised = options.isRaised ?? false;
  }
}

/** Turns what compiling or rendering threw into a CriaError with `line` and `column` (both from 1) in its data. */
export function toTemplateError(error: unknown, source: string, offset: number): CriaError {
  if (isCriaError(error)) return error;
  const failedAt = error instanceof TemplateFailure ? (error.offset ?? offset) : offset;
  const data = lineAndColumn(source, failedAt);
  const at = `line ${data.line}, column ${data.column}`;
  if (error instanceof TemplateFailure) {
    const message = error.isRaised ? error.message : `chat template, ${at}: ${error.message}`;
    return new CriaError('template_error', message, { data: { ...data, raised: error.isRaised } });
  }
  // The engine's own stack limit: only reached by expressions and macros that nest absurdly.
  if (error instanceof RangeError)
    return new CriaError('template_error', `chat template, ${at}: nested too deeply`, {
      cause: error,
      data: { ...data, raised: false },
    });
  throw error;
}

function lineAndColumn(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}
