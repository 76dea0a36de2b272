/** Bodies of answers that are read whole: bounded, whatever Content-Length says. */
import type { CriaError } from '../../errors.ts';
import { PassingFailure, transferError, upstreamError } from '../failure.ts';
import { limits } from '../settings.ts';
import type { Answer } from './transport.ts';

/** Throws `upstream` for a body of more than `maxBytes`; `what` names it. */
export async function readBody(
  answer: Answer,
  maxBytes: number,
  what: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes)
        throw upstreamError(`${what} of ${answer.url.host} has more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw transferError(error, answer.url.host, signal);
  } finally {
    answer.body.destroy();
  }
  return Buffer.concat(chunks, length);
}

/** Reads and forgets a body that does not matter, so that its connection serves again. */
export async function dropBody({ body }: Answer): Promise<void> {
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limits.errorBytes) break; // a large one costs more than a new connection
    }
  } catch {
    // A broken one has nothing to tell any more.
  } finally {
    body.destroy();
  }
}

/** The error that an answer of status 400 or more stands for, with the beginning of its body. */
export async function statusError(answer: Answer, signal: AbortSignal): Promise<CriaError> {
  const { status } = answer;
  if (status === 404) {
    await dropBody(answer);
    return upstreamError('file does not exist');
  }
  const text = `${status}: ${await readErrorText(answer, signal)}`;
  return isPassing(status) ? new PassingFailure(text) : upstreamError(text);
}

/** Statuses that another attempt may not meet again. */
export function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

async function readErrorText(answer: Answer, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= limits.errorBytes) break;
    }
  } catch (error) {
    // What has come so far is all there is to say, unless the caller has gone.
    if (signal.aborted) throw transferError(error, answer.url.host, signal);
  } finally {
    answer.body.destroy();
  }
  return Buffer.concat(chunks).subarray(0, limits.errorBytes).toString('utf8').trim();
}
