/** What flows back from a model: token events of the runner, chat events for the dialects. */
import type { ToolCall } from './message.ts';

/** Log-probability of one candidate token. */
export interface TokenLogprob {
  readonly token: string;
  /** Natural logarithm, over the whole vocabulary, before sampling options. */
  readonly logprob: number;
  /** The token's bytes; may be a part of a character. */
  readonly bytes: readonly number[];
}

/** Log-probability of a chosen token, with the best candidates when asked for. */
export interface ChosenLogprob extends TokenLogprob {
  readonly topLogprobs?: readonly TokenLogprob[];
}

export type FinishReason = 'stop' | 'length';

/** Counts and times of one generation; durations in nanoseconds. */
export interface GenerationStats {
  /** Prompt tokens, those found in the cache included. */
  readonly promptTokens: number;
  /** How many of them were found in the cache. */
  readonly cachedTokens: number;
  readonly promptDurationNs: number;
  readonly generatedTokens: number;
  readonly generationDurationNs: number;
}

/** One item of a runner's answer. */
export type TokenEvent =
  | {
      readonly type: 'tokens';
      /** Whole characters only; may be empty when logprobs come before their text is complete. */
      readonly text: string;
      readonly logprobs?: readonly ChosenLogprob[];
    }
  | {
      readonly type: 'finish';
      readonly reason: FinishReason;
      readonly stats: GenerationStats;
      /** Token ids of prompt and answer; only when the work item asked for them. */
      readonly tokens?: readonly number[];
    }
  /** The prompt did not fit and was cut; comes before everything else. */
  | ({ readonly type: 'truncated' } & Truncation);

/** How much of a prompt was left out, in tokens. */
export interface Truncation {
  readonly originalTokens: number;
  readonly keptTokens: number;
}

export type DoneReason = FinishReason | 'load' | 'unload';

/** Counts and times of a whole request; durations in nanoseconds. */
export interface Metrics extends GenerationStats {
  readonly totalDurationNs: number;
  readonly loadDurationNs: number;
}

/** What an answer consists of, whichever dialect asked. */
export type AnswerEvent =
  | { readonly type: 'content'; readonly text: string; readonly logprobs?: readonly ChosenLogprob[] }
  | { readonly type: 'thinking'; readonly text: string; readonly logprobs?: readonly ChosenLogprob[] }
  | { readonly type: 'toolCall'; readonly call: ToolCall }
  /** The prompt was cut; comes before everything else, so that it can be told in a header. */
  | ({ readonly type: 'truncated' } & Truncation)
  | {
      readonly type: 'done';
      readonly reason: DoneReason;
      /** Absent for load and unload answers. */
      readonly metrics?: Metrics;
      /** Generate only: the conversation so far as token ids. */
      readonly context?: readonly number[];
      /** Set when the prompt had to be cut to fit the context. */
      readonly truncation?: Truncation;
    };
