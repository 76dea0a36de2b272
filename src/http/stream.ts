/** Streams an async iterable as newline-delimited JSON. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { noteError } from './context.ts';
import { status } from './errors.ts';
import { bareJsonType, errorBody, sendError } from './send.ts';

export const ndjsonType = 'application/x-ndjson';

/** Lines that may wait here while the client is slow; beyond it nothing more is asked for. */
const maxHeldChars = 64 * 1024;

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
  const lines = new LineWriter(response, signal);
  try {
    response.writeHead(status.ok, {
      'Content-Type': ndjsonType,
      ...headersFor?.(item.done === true ? undefined : item.value),
    });
    while (item.done !== true && !signal.aborted) {
      const line = toLine(item.value);
      if (line !== undefined) lines.write(line);
      if (lines.isFull) await lines.drained();
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

/** Writes lines as they come; while the socket is backed up it gathers them and writes them in one piece. */
class LineWriter {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;
  #held = '';
  #isBackedUp = false;

  constructor(response: ServerResponse, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
  }

  get isFull(): boolean {
    return this.#held.length > maxHeldChars;
  }

  write(line: string): void {
    if (this.#isBackedUp) {
      this.#held += `${line}\n`;
      return;
    }
    if (this.#response.write(`${line}\n`)) return;
    this.#isBackedUp = true;
    this.#response.once('drain', () => this.#flush());
  }

  /** Resolves when the socket has taken what was held, or the client is gone. */
  async drained(): Promise<void> {
    try {
      await once(this.#response, 'drain', { signal: this.#signal });
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    }
  }

  end(): void {
    this.#response.end(this.#held);
    this.#held = '';
  }

  #flush(): void {
    this.#isBackedUp = false;
    const held = this.#held;
    this.#held = '';
    // A piece of up to `maxHeldChars` may well fill the socket again.
    if (held !== '') this.#writePiece(held);
  }

  #writePiece(text: string): void {
    if (this.#response.write(text)) return;
    this.#isBackedUp = true;
    this.#response.once('drain', () => this.#flush());
  }
}
