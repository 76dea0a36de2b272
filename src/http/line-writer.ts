/** Writes the lines of a streamed answer, cheaply: this is what every token costs the server. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Text that may wait here while the client is slow. */
const maxHeldChars = 64 * 1024;

/**
 * Begin after `writeHead`. Lines go out as they come; while the socket is backed up they are gathered and then written in one
 * piece.
 *
 * `ServerResponse.write` makes three writes of each chunk and a `writev` of them. Framing the chunk here and giving the socket
 * one string takes a third off the CPU time of a token, the system call included, which matters where the engine uses every
 * core. What the socket is given stays in order with what Node itself writes to it: the head before, the end after.
 */
export class LineWriter {
  readonly #response: ServerResponse;
  /** Undefined where Node has to do it: HTTP/1.0, and answers that wait for an earlier one on the same connection. */
  readonly #socket: Socket | undefined;
  #hasBegun = false;
  #isBackedUp = false;
  #held = '';

  constructor(response: ServerResponse) {
    this.#response = response;
    this.#socket = response.chunkedEncoding ? (response.socket ?? undefined) : undefined;
  }

  /** True when so much waits that the producer should wait too. */
  get isFull(): boolean {
    return this.#held.length > maxHeldChars;
  }

  write(line: string): void {
    const text = `${line}\n`;
    if (this.#isBackedUp) this.#held += text;
    else this.#send(text);
  }

  /** Resolves when the socket has taken what was held, or the signal has fired. */
  async drained(signal: AbortSignal): Promise<void> {
    try {
      await once(this.#socket ?? this.#response, 'drain', { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  end(): void {
    this.#response.end(this.#held);
    this.#held = '';
  }

  #send(text: string): void {
    if (this.#sendPiece(text)) return;
    this.#isBackedUp = true;
    (this.#socket ?? this.#response).once('drain', () => this.#flush());
  }

  /** False when the socket wants a pause. */
  #sendPiece(text: string): boolean {
    const socket = this.#socket;
    if (socket === undefined) return this.#response.write(text);
    if (!this.#hasBegun) {
      // Node sends the head together with the first chunk.
      this.#hasBegun = true;
      this.#response.write(text);
      return !socket.writableNeedDrain;
    }
    return socket.write(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
  }

  #flush(): void {
    this.#isBackedUp = false;
    const held = this.#held;
    this.#held = '';
    if (held !== '') this.#send(held);
  }
}
