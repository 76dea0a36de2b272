/** Typed errors of every room. No HTTP here: `http/errors.ts` holds the one table from code to status. */

/** Stable identifiers of what went wrong; clients of a room may branch on them, texts may change. */
export type ErrorCode =
  // the caller's request
  | 'bad_request' // malformed or contradictory input; the message says what
  | 'bad_option' // an option of the wrong type (Ollama answers 500 to these)
  | 'bad_format' // `format` is neither "json" nor a schema object
  | 'unsupported_schema' // a JSON Schema keyword that cannot be honoured
  | 'invalid_model_name'
  | 'invalid_digest'
  | 'digest_mismatch'
  | 'model_not_found'
  | 'blob_not_found'
  | 'capability_missing'
  | 'context_exceeded'
  | 'template_error'
  | 'forbidden'
  | 'not_implemented'
  // files
  | 'invalid_gguf'
  | 'conversion_failed' // files of another format that cannot be made a GGUF; Ollama answers 500
  | 'corrupt_store'
  | 'disk_full'
  // running models
  | 'server_busy'
  | 'load_failed'
  | 'runner_died'
  | 'cancelled'
  | 'upstream' // a registry or another server failed
  | 'internal';

/** Plain form of an error, as it crosses the process border. */
export interface SerializedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly data?: Record<string, unknown>;
}

/** Base of every expected failure: a stable code, a sentence that a user can act on, and optional data fields. */
export class CriaError extends Error {
  readonly code: ErrorCode;
  readonly data: Record<string, unknown> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options?: { cause?: unknown; data?: Record<string, unknown> | undefined },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CriaError';
    this.code = code;
    this.data = options?.data;
  }

  /** The form that travels between processes; the cause stays behind. */
  toJSON(): SerializedError {
    return {
      code: this.code,
      message: this.message,
      ...(this.data === undefined ? {} : { data: this.data }),
    };
  }

  /** Rebuilds an error that came over the process border. */
  static from(error: SerializedError): CriaError {
    return new CriaError(error.code, error.message, { data: error.data });
  }
}

/** True for a failure that some room foresaw, with `code` when given. */
export function isCriaError(error: unknown, code?: ErrorCode): error is CriaError {
  return error instanceof CriaError && (code === undefined || error.code === code);
}

/** Wraps anything thrown as a CriaError; foreseen errors pass unchanged, system errors of a full disk are recognised. */
export function toCriaError(error: unknown, fallback: ErrorCode = 'internal'): CriaError {
  if (error instanceof CriaError) return error;
  if (error instanceof Error) {
    const system = (error as NodeJS.ErrnoException).code;
    if (system === 'ENOSPC' || system === 'EDQUOT')
      return new CriaError('disk_full', 'no space left on device', { cause: error });
    if (error.name === 'AbortError') return new CriaError('cancelled', 'request canceled', { cause: error });
    return new CriaError(fallback, error.message, { cause: error });
  }
  return new CriaError(fallback, String(error));
}

/** The error of a wait whose signal fired. */
export function cancelledError(): CriaError {
  return new CriaError('cancelled', 'request canceled');
}
