/** Requests and answers of the inference use cases, free of any wire dialect. */
import type { AnswerEvent } from '../types/events.ts';
import type { JsonValue } from '../types/json.ts';
import type { Message, ThinkValue, Tool } from '../types/message.ts';

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

export interface Inference {
  chat(request: ChatRequest, options: { signal: AbortSignal }): Promise<Answer>;
  generate(request: GenerateRequest, options: { signal: AbortSignal }): Promise<Answer>;
}
