/** What can go wrong with a registry, and whether trying again may help. */
import { CriaError, cancelledError, toCriaError } from '../errors.ts';

/** A failure that may pass: another attempt is worthwhile. */
export class PassingFailure extends CriaError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('upstream', message, options);
  }
}

/** The registry, or what claims to be it, did what it must not. */
export function upstreamError(message: string, cause?: unknown): CriaError {
  return new CriaError('upstream', message, { cause });
}

/** Failures of the network that no second attempt changes. */
const lasting =
  /^(ENOTFOUND|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|CERT_|ERR_TLS|DEPTH_ZERO|UNABLE_TO|SELF_SIGNED)/;

/** What sockets and files throw → typed errors. `host` names who was talked to. */
export function transferError(error: unknown, host: string, signal: AbortSignal | undefined): CriaError {
  if (signal?.aborted) return signal.reason instanceof CriaError ? signal.reason : cancelledError();
  if (error instanceof CriaError) return error;
  const known = toCriaError(error);
  if (known.code === 'disk_full') return known;
  const { code, message } = innermost(error);
  const text = `${host}: ${message}`;
  return lasting.test(code) ? upstreamError(text, error) : new PassingFailure(text, { cause: error });
}

/** Node hides the reasons of several failed addresses in an AggregateError. */
function innermost(error: unknown): { code: string; message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  if (!(error instanceof Error)) return { code: '', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // Node's word for a body that is shorter than was announced.
  const message = error.message === 'aborted' ? 'unexpected EOF' : error.message;
  return { code, message: message || code };
}
