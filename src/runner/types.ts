/** What a runner is to the rooms above: one loaded model in a process of its own. */
import type {
  EmbedResult,
  EmbedWork,
  EngineStats,
  GenerateWork,
  LoadedInfo,
  LoadSpec,
  TokenizeRequest,
  TokenizeResult,
} from '../protocol/messages.ts';
import type { TokenEvent } from '../types/events.ts';

/** How a runner ended. */
export interface RunnerExit {
  /** True when `unload` asked for it. */
  readonly expected: boolean;
  readonly code: number | null;
  readonly signal: string | null;
  /** The last lines of its standard error. */
  readonly lastErrorLine: string | undefined;
}

/** A loaded model. Methods throw `runner_died` when the process has ended or ends meanwhile. */
export interface Runner {
  readonly info: LoadedInfo;
  /** Settles when the process has ended; never rejects. */
  readonly exited: Promise<RunnerExit>;
  readonly isAlive: boolean;
  /**
   * Runs one generation. Ends after the `finish` event; throws the engine's error. `return()` and the signal cancel it at
   * the next engine step. More generations than slots may be given: the engine queues them.
   */
  generate(work: GenerateWork, options: { signal: AbortSignal }): AsyncIterable<TokenEvent>;
  /**
   * Embeds a list of inputs, packed into shared batches with those of other requests. Only runners with `info.embedding` can;
   * others throw `capability_missing`. The signal takes the request out before the next batch.
   */
  embed(work: EmbedWork, options: { signal: AbortSignal }): Promise<EmbedResult>;
  tokenize(request: TokenizeRequest, options: { signal: AbortSignal }): Promise<readonly number[]>;
  /** Tokens with their bytes; needs no slot. */
  tokenizeWithPieces(
    request: Omit<TokenizeRequest, 'withPieces'>,
    options: { signal: AbortSignal },
  ): Promise<Required<TokenizeResult>>;
  /** `special`: render special tokens as their text. */
  detokenize(tokens: readonly number[], options: { special: boolean; signal: AbortSignal }): Promise<string>;
  stats(options: { signal: AbortSignal }): Promise<EngineStats>;
  /** Asks the process to free everything and exit; kills it after a grace time. Resolves when it has ended. */
  unload(): Promise<void>;
}

/** Starts a runner and loads a model; injected into the scheduler so that tests can give another. */
export type StartRunner = (
  spec: LoadSpec,
  options: { signal: AbortSignal; onProgress?: (fraction: number) => void },
) => Promise<Runner>;
