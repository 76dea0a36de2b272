/** What a call to the server can end with, apart from an answer. */

/** The server answered with an error, as a status or as the last line of a stream. */
export class ApiError extends Error {
  /** HTTP status; 200 when the error came in the middle of a stream. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }

  get isNotFound(): boolean {
    return this.status === 404;
  }
}

/** No server is listening there, or the connection broke; `cause` is the system's error. */
export class ConnectionError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'ConnectionError';
  }

  /** True when nothing listens at the address: a caller may start a server and try again. */
  get isRefused(): boolean {
    return causeCode(this.cause) === 'ECONNREFUSED';
  }
}

/** What came back isn't what the protocol says; most likely another program listens there. */
export class ProtocolError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ProtocolError';
  }
}

function causeCode(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  // Several addresses tried (localhost as ::1 and 127.0.0.1): all must have refused to call it refused.
  if (cause instanceof AggregateError) {
    const codes = new Set(cause.errors.map(causeCode));
    return codes.size === 1 ? [...codes][0] : undefined;
  }
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}
