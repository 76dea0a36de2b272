/** The token events of one generation, from the runner's messages to the one who iterates. */
import { CriaError, cancelledError } from '../errors.ts';
import type { StepEvent } from '../protocol/messages.ts';
import type { ChosenLogprob, TokenEvent } from '../types/events.ts';
import { AsyncQueue } from '../util/async-queue.ts';

/** Events that wait for a slow consumer before text is joined; the text itself is bounded by the generation's length. */
const maxWaiting = 64;

/** How a stream reaches its runner. */
export interface StreamHost {
  /** Registers the stream and sends its work. Throws when the runner has died. */
  open(stream: TokenStream): void;
  /** The stream takes no more events: `isFinished` tells whether the engine knows that already. */
  close(stream: TokenStream, isFinished: boolean): void;
}

/**
 * An iterator in the manner of a generator: it begins with the first `next()`, can be iterated once, and `return()` or the
 * signal cancels it. Written by hand because every `await` of a generator would cost a turn of the microtask queue a token.
 */
export class TokenStream implements AsyncIterableIterator<TokenEvent, undefined> {
  readonly #host: StreamHost;
  readonly #signal: AbortSignal;
  readonly #queue = new AsyncQueue<TokenEvent>({ limit: maxWaiting, merge: joinTokens });
  #hasBegun = false;
  /** True once the runner has delivered an event. */
  #hasEvents = false;

  constructor(host: StreamHost, signal: AbortSignal) {
    this.#host = host;
    this.#signal = signal;
  }

  get hasEvents(): boolean {
    return this.#hasEvents;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<TokenEvent, undefined>> {
    if (!this.#hasBegun) this.#begin();
    return this.#queue.next();
  }

  return(): Promise<IteratorResult<TokenEvent, undefined>> {
    this.#hasBegun = true;
    const wasOpen = !this.#queue.isEnded;
    this.#queue.clear();
    this.#queue.end();
    if (wasOpen) this.#close(false);
    return Promise.resolve({ value: undefined, done: true });
  }

  /** Called by the runner with what an engine step brought. */
  push(event: StepEvent): void {
    if (this.#queue.isEnded) return;
    this.#hasEvents = true;
    switch (event.type) {
      case 'tokens':
        this.#queue.push(
          event.logprobs === undefined
            ? { type: 'tokens', text: event.text }
            : { type: 'tokens', text: event.text, logprobs: event.logprobs },
        );
        break;
      case 'truncated': {
        const { id: _, ...truncated } = event;
        this.#queue.push(truncated);
        break;
      }
      case 'finish': {
        const { id: _, ...finish } = event;
        this.#queue.push(finish);
        this.#queue.end();
        this.#close(true);
        break;
      }
      case 'error':
        this.fail(CriaError.from(event.error));
        break;
    }
  }

  /** Ends the stream with an error; the engine works on it no longer. */
  fail(error: unknown): void {
    if (this.#queue.isEnded) return;
    this.#queue.fail(error);
    this.#close(true);
  }

  #begin(): void {
    this.#hasBegun = true;
    if (this.#signal.aborted) {
      this.#queue.fail(cancelledError());
      return;
    }
    try {
      this.#host.open(this);
    } catch (error) {
      this.#queue.fail(error);
      return;
    }
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => {
    if (this.#queue.isEnded) return;
    this.#queue.clear();
    this.#queue.fail(cancelledError());
    this.#close(false);
  };

  #close(isFinished: boolean): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#host.close(this, isFinished);
  }
}

function joinTokens(last: TokenEvent, next: TokenEvent): TokenEvent | undefined {
  if (last.type !== 'tokens' || next.type !== 'tokens') return undefined;
  const text = last.text + next.text;
  if (last.logprobs === undefined && next.logprobs === undefined) return { type: 'tokens', text };
  const logprobs: ChosenLogprob[] = [...(last.logprobs ?? []), ...(next.logprobs ?? [])];
  return { type: 'tokens', text, logprobs };
}
