/** A loaded model behind a message channel: many requests at once, each answered under its own id. */
import { CriaError, cancelledError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type {
  ChildMessage,
  EmbedResult,
  EmbedWork,
  EngineStats,
  GenerateWork,
  LoadedInfo,
  ParentMessage,
  ResultValue,
  TokenizeRequest,
  TokenizeResult,
} from '../protocol/messages.ts';
import type { TokenEvent } from '../types/events.ts';
import type { RunnerProcess } from './child-process.ts';
import { describeDeath } from './exit-text.ts';
import { type StreamHost, TokenStream } from './token-stream.ts';
import type { Runner, RunnerExit } from './types.ts';

/** A request with one answer. */
interface Pending {
  readonly resolve: (value: ResultValue) => void;
  readonly reject: (error: unknown) => void;
}

type Call = Extract<ParentMessage, { type: 'embed' | 'tokenize' | 'detokenize' | 'stats' }>;
/** Distributes over the union, which `Omit` alone would not. */
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

export interface LoadedRunnerOptions {
  /** How long the process may take to unload before it is killed. */
  readonly graceMs: number;
  readonly log: Logger;
}

export class LoadedRunner implements Runner {
  readonly info: LoadedInfo;
  readonly exited: Promise<RunnerExit>;

  readonly #process: RunnerProcess;
  readonly #options: LoadedRunnerOptions;
  readonly #streams = new Map<number, TokenStream>();
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #unloading: Promise<void> | undefined;

  /** Takes over a process whose model is loaded. */
  constructor(process: RunnerProcess, info: LoadedInfo, options: LoadedRunnerOptions) {
    this.info = info;
    this.#process = process;
    this.#options = options;
    process.forgetErrors();
    process.listen((message) => this.#receive(message));
    this.exited = process.exited.then((exit) => {
      this.#failAll(exit);
      return exit;
    });
  }

  get isAlive(): boolean {
    return this.#process.isAlive && this.#unloading === undefined;
  }

  generate(work: GenerateWork, options: { signal: AbortSignal }): AsyncIterable<TokenEvent> {
    let id = 0;
    const host: StreamHost = {
      open: (stream) => {
        this.#requireLife();
        id = this.#nextId();
        this.#process.send({ type: 'generate', id, work });
        this.#streams.set(id, stream);
      },
      close: (_, isFinished) => {
        if (!this.#streams.delete(id) || isFinished) return;
        this.#process.send({ type: 'cancel', id });
      },
    };
    return new TokenStream(host, options.signal);
  }

  async embed(work: EmbedWork, options: { signal: AbortSignal }): Promise<EmbedResult> {
    const value = await this.#call({ type: 'embed', work }, options.signal);
    return value.type === 'embeddings' ? value : unexpected(value);
  }

  async tokenize(request: TokenizeRequest, options: { signal: AbortSignal }): Promise<readonly number[]> {
    const value = await this.#call({ type: 'tokenize', request }, options.signal);
    return value.type === 'tokens' ? value.tokens : unexpected(value);
  }

  async tokenizeWithPieces(
    request: Omit<TokenizeRequest, 'withPieces'>,
    options: { signal: AbortSignal },
  ): Promise<Required<TokenizeResult>> {
    const value = await this.#call(
      { type: 'tokenize', request: { ...request, withPieces: true } },
      options.signal,
    );
    if (value.type !== 'tokens' || value.pieces === undefined) unexpected(value);
    return { tokens: value.tokens, pieces: value.pieces };
  }

  async detokenize(
    tokens: readonly number[],
    options: { special: boolean; signal: AbortSignal },
  ): Promise<string> {
    const value = await this.#call({ type: 'detokenize', tokens, special: options.special }, options.signal);
    return value.type === 'text' ? value.text : unexpected(value);
  }

  async stats(options: { signal: AbortSignal }): Promise<EngineStats> {
    const value = await this.#call({ type: 'stats' }, options.signal);
    return value.type === 'stats' ? value.stats : unexpected(value);
  }

  unload(): Promise<void> {
    this.#unloading ??= this.#unload();
    return this.#unloading;
  }

  async #unload(): Promise<void> {
    this.#process.expectExit();
    this.#process.send({ type: 'unload' });
    const timer = setTimeout(() => {
      this.#options.log.warn('runner did not unload in time, killing it', { pid: this.info.pid });
      this.#process.kill();
    }, this.#options.graceMs);
    await this.exited;
    clearTimeout(timer);
  }

  #call(message: WithoutId<Call>, signal: AbortSignal): Promise<ResultValue> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) throw cancelledError();
      this.#requireLife();
      const id = this.#nextId();
      const onAbort = (): void => {
        // Short work is not called off; its answer will find nobody.
        this.#pending.delete(id);
        if (message.type === 'embed') this.#process.send({ type: 'cancel', id });
        reject(cancelledError());
      };
      const settled = (): void => signal.removeEventListener('abort', onAbort);
      this.#process.send({ ...message, id });
      signal.addEventListener('abort', onAbort, { once: true });
      this.#pending.set(id, {
        resolve: (value) => {
          settled();
          resolve(value);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
    });
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #requireLife(): void {
    if (this.isAlive) return;
    throw diedError(
      { expected: this.#unloading !== undefined, lastErrorLine: this.#process.lastErrorLine },
      true,
    );
  }

  /** Messages for ids that are gone (cancelled meanwhile) are dropped. */
  #receive(message: ChildMessage): void {
    switch (message.type) {
      case 'step':
        for (const event of message.events) this.#streams.get(event.id)?.push(event);
        break;
      case 'result':
        this.#take(message.id)?.resolve(message.value);
        break;
      case 'failed': {
        const error = CriaError.from(message.error);
        this.#take(message.id)?.reject(error);
        this.#streams.get(message.id)?.fail(error);
        break;
      }
      case 'ready':
      case 'loadProgress':
      case 'loaded':
      case 'loadFailed':
        this.#options.log.warn('a loaded runner sent a message of loading', { type: message.type });
        break;
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #failAll(exit: RunnerExit): void {
    for (const [id, pending] of this.#pending) {
      this.#pending.delete(id);
      pending.reject(diedError(exit, true));
    }
    // Streams take themselves out of the map.
    for (const stream of [...this.#streams.values()]) stream.fail(diedError(exit, !stream.hasEvents));
  }
}

/** `beforeFirstToken`: nothing of the answer had arrived, so that the request can be tried again. */
function diedError(
  exit: Pick<RunnerExit, 'expected' | 'lastErrorLine'>,
  beforeFirstToken: boolean,
): CriaError {
  const text = describeDeath(exit.expected, exit.lastErrorLine);
  return new CriaError('runner_died', text, { data: { beforeFirstToken } });
}

function unexpected(value: ResultValue): never {
  throw new CriaError('internal', `the runner answered with ${value.type}`);
}
