/** Requests and answers of the inference use cases, free of any wire dialect. */
import type { TokenizeResult } from '../protocol/messages.ts';
import type { AnswerEvent } from '../types/events.ts';
import type { JsonValue } from '../types/json.ts';
import type { Message, ThinkValue, Tool } from '../types/message.ts';
import type { Durations, ModelRequest } from './with-runner.ts';

/** What generate and chat have in common. Optional = the client left it out. */
export interface CommonRequest {
  /** As the client typed it. */
  readonly model: string;
  /** Request `options`, unvalidated: `inference/options.ts` checks them against the type rules. */
  readonly options: Readonly<Record<string, JsonValue>>;
  readonly format?: JsonValue;
  /** Milliseconds; Infinity = for ever. */
  readonly keepAliveMs?: number;
  readonly think?: ThinkValue;
  /** Default true. */
  readonly truncate?: boolean;
  readonly shift?: boolean;
  readonly logprobs: boolean;
  /** 0 to 20. */
  readonly topLogprobs: number;
  readonly debugRenderOnly: boolean;
}

export interface ChatRequest extends CommonRequest {
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
}

export interface GenerateRequest extends CommonRequest {
  readonly prompt: string;
  readonly suffix: string;
  readonly system: string;
  readonly template: string;
  readonly context?: readonly number[];
  readonly raw: boolean;
  readonly images: readonly Uint8Array[];
}

/** The rendered prompt, for `_debug_render_only`. */
export interface RenderedDebug {
  readonly type: 'rendered';
  readonly text: string;
  readonly imageCount: number;
}

/**
 * An answer in progress. `inference` has validated the request, loaded the model and rendered the prompt before it hands
 * this out, so errors up to there are thrown and become statuses; errors after that end the iteration.
 */
export type Answer =
  | { readonly type: 'stream'; readonly events: AsyncIterable<AnswerEvent> }
  /** Load and unload requests: one object, never a stream. */
  | { readonly type: 'single'; readonly event: Extract<AnswerEvent, { type: 'done' }> }
  | RenderedDebug;

export interface EmbedRequest extends ModelRequest {
  readonly inputs: readonly string[];
  /** Cut inputs that are too long instead of failing. */
  readonly truncate: boolean;
  /** Keep so many numbers of each vector; 0, and more than there are, mean all. */
  readonly dimensions: number;
}

export interface EmbedAnswer extends Durations {
  /** One for each input, of length 1. */
  readonly vectors: readonly Float32Array[];
  /** Of all inputs together. */
  readonly promptTokens: number;
}

export interface LegacyEmbedRequest extends ModelRequest {
  readonly prompt: string;
}

export interface RerankRequest extends ModelRequest {
  readonly query: string;
  readonly documents: readonly string[];
  /** Undefined = all. */
  readonly topN?: number;
}

export interface RerankAnswer extends Durations {
  /** The best first. */
  readonly results: readonly { readonly index: number; readonly score: number }[];
  readonly promptTokens: number;
}

export interface TokenizeRequest extends ModelRequest {
  readonly text: string;
  /** Add BOS/EOS as the model's metadata tell. */
  readonly addSpecial: boolean;
  /** Recognise special tokens in the text. */
  readonly parseSpecial: boolean;
  readonly withPieces: boolean;
}

export interface TokenizeAnswer extends TokenizeResult, Durations {}

export interface DetokenizeRequest extends ModelRequest {
  readonly tokens: readonly number[];
  /** Render special tokens as their text. */
  readonly special: boolean;
}

export interface DetokenizeAnswer extends Durations {
  readonly text: string;
}

export interface Inference {
  chat(request: ChatRequest, options: { signal: AbortSignal }): Promise<Answer>;
  generate(request: GenerateRequest, options: { signal: AbortSignal }): Promise<Answer>;
  /** Vectors of length 1; without inputs the model is loaded and that is all. */
  embed(request: EmbedRequest, options: { signal: AbortSignal }): Promise<EmbedAnswer>;
  /** One vector as the model gives it; empty for an empty prompt. Never cuts the prompt. */
  embedLegacy(request: LegacyEmbedRequest, options: { signal: AbortSignal }): Promise<Float32Array>;
  /**
   * Sorts documents by how well they answer a query: by the model's classifier (scores of 0 to 1), or for embedding models by the
   * cosine of the vectors (-1 to 1). Throws `capability_missing` for others.
   */
  rerank(request: RerankRequest, options: { signal: AbortSignal }): Promise<RerankAnswer>;
  tokenize(request: TokenizeRequest, options: { signal: AbortSignal }): Promise<TokenizeAnswer>;
  detokenize(request: DetokenizeRequest, options: { signal: AbortSignal }): Promise<DetokenizeAnswer>;
}
