/** The one table from what went wrong to an HTTP status. */
import { CriaError, type ErrorCode, toCriaError } from '../errors.ts';

/**
 * Ollama's statuses where it has the case. `Record` makes the compiler ask for a line when a code is added.
 * 499 is what proxies log for a client that went away; nobody reads it.
 */
const statusOfCode: Readonly<Record<ErrorCode, number>> = {
  bad_request: 400,
  bad_option: 500,
  bad_format: 500,
  unsupported_schema: 400,
  invalid_model_name: 400,
  invalid_digest: 400,
  digest_mismatch: 400,
  model_not_found: 404,
  blob_not_found: 404,
  capability_missing: 400,
  context_exceeded: 400,
  template_error: 500,
  forbidden: 403,
  not_implemented: 501,
  invalid_gguf: 400,
  conversion_failed: 500,
  corrupt_store: 500,
  disk_full: 500,
  server_busy: 503,
  load_failed: 500,
  runner_died: 500,
  cancelled: 499,
  upstream: 500,
  internal: 500,
};

export const status = {
  ok: 200,
  created: 201,
  noContent: 204,
  movedPermanently: 301,
  temporaryRedirect: 307,
  badRequest: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  methodNotAllowed: 405,
  requestTimeout: 408,
  payloadTooLarge: 413,
  headersTooLarge: 431,
  clientClosed: 499,
} as const;

/** A failure that only HTTP knows, with a status of its own. */
export class RequestError extends CriaError {
  readonly status: number;

  constructor(statusCode: number, message: string) {
    super('bad_request', message);
    this.status = statusCode;
  }
}

/** Error texts quote the client; this is as much as is sent back. */
const maxTextLength = 8192;

export interface HttpError {
  readonly status: number;
  readonly text: string;
}

/** The status and the sentence for anything thrown. */
export function toHttpError(thrown: unknown): HttpError {
  const error = toCriaError(thrown);
  const { message } = error;
  const text = message.length > maxTextLength ? `${message.slice(0, maxTextLength)}…` : message;
  return { status: error instanceof RequestError ? error.status : statusOfCode[error.code], text };
}
