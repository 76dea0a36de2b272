/** What a request carries besides its bytes: the signal of its end and what the log should say of it. */
import type { FastifyRequest } from 'fastify';
import { CriaError, isCriaError } from '../errors.ts';
import { type HttpError, toHttpError } from './errors.ts';

/** Notes for the request's line in the log. */
export interface RequestNotes {
  /** The text of the error that it ended with. */
  error?: string;
  /** Where a failure that nobody foresaw came from. */
  stack?: string | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Fires when the client is gone, or the server closes. */
    closeSignal: AbortSignal;
    notes: RequestNotes;
  }
}

/** Notes what a request failed with and returns what the client is told. */
export function noteError(request: FastifyRequest, thrown: unknown): HttpError {
  // Whatever breaks when the connection has gone, breaks because of that.
  const { aborted, reason } = request.closeSignal;
  const error = aborted && reason instanceof CriaError ? reason : thrown;
  const result = toHttpError(error);
  request.notes.error = result.text;
  if (!isCriaError(error) && error instanceof Error) request.notes.stack = error.stack;
  return result;
}
