/** Streams an async iterable as newline-delimited JSON. */
import type { FastifyReply } from 'fastify';
import { noteError } from './context.ts';
import { status } from './errors.ts';
import { LineWriter } from './line-writer.ts';
import { bareJsonType, errorBody, sendError } from './send.ts';

export const ndjsonType = 'application/x-ndjson';

export interface StreamOptions<T> {
  /** The text of a line without its newline; undefined = this item shows nothing. Called once an item. */
  readonly toLine: (item: T) => string | undefined;
  /** Headers that the first item tells. */
  readonly headersFor?: (first: T | undefined) => Readonly<Record<string, string>>;
}

/**
 * Sends `items` as lines, each flushed at once. The first item is waited for before the head goes out, so that what fails
 * until then has its real status; an error after it becomes the last line. Resolves when everything is handed over or the
 * client has gone; never rejects.
 */
export async function sendStream<T>(
  reply: FastifyReply,
  items: AsyncIterable<T>,
  { toLine, headersFor }: StreamOptions<T>,
): Promise<void> {
  const { request, raw: response } = reply;
  const signal = request.closeSignal;
  const iterator = items[Symbol.asyncIterator]();
  let item: IteratorResult<T, unknown>;
  try {
    item = await iterator.next();
  } catch (error) {
    sendError(reply, error, bareJsonType);
    return;
  }

  reply.hijack();
  response.writeHead(status.ok, {
    'Content-Type': ndjsonType,
    ...headersFor?.(item.done === true ? undefined : item.value),
  });
  const lines = new LineWriter(response);
  try {
    while (item.done !== true) {
      signal.throwIfAborted();
      const line = toLine(item.value);
      if (line !== undefined) lines.write(line);
      if (lines.isFull) await lines.drained(signal);
      item = await iterator.next();
    }
  } catch (error) {
    const { text } = noteError(request, error);
    lines.write(errorBody(text));
  } finally {
    // Only of use when the client left in the middle; a cancelled iterator may reject, with nobody left to tell.
    if (item.done !== true) await iterator.return?.().catch(() => {});
    lines.end();
  }
}
