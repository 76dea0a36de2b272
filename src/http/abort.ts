/** Turns a closed connection into the AbortSignal that every stage of a request carries. */
import type { ServerResponse } from 'node:http';
import { cancelledError } from '../errors.ts';

/**
 * A controller whose signal fires with `cancelled` when the client goes away before the answer is complete, at whatever
 * stage: while its body is read, while it waits for a model, in the middle of a stream.
 */
export function abortOnClose(response: ServerResponse): AbortController {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(cancelledError());
  });
  return controller;
}
