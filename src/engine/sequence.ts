/** One generation in progress: its tokens, where it stands, and what it takes to go on. */
import type { GenerateWork, StepEvent } from '../protocol/messages.ts';
import type { ChosenLogprob, FinishReason, GenerationStats } from '../types/events.ts';
import { AnswerText } from './answer-text.ts';
import { nowNs } from './clock.ts';
import type { Piece } from './detokenizer.ts';
import type { PreparedPrompt } from './prompt.ts';
import { TokenList } from './token-list.ts';

/** Chooses tokens; see `SamplerChain`. */
export interface TokenSampler extends Disposable {
  sample(logits: Float32Array, isEog: (token: number) => boolean): number;
}

export class Sequence implements Disposable {
  /** Of the request. */
  readonly id: number;
  readonly work: GenerateWork;
  readonly prompt: PreparedPrompt;
  readonly sampler: TokenSampler;
  readonly text: AnswerText;
  /**
   * The tokens whose continuation is wanted: the prompt, then every generated token but the last stop. Those at
   * [0, cache.length(idSlot)) are computed. A context shift cuts tokens out.
   */
  readonly tokens: TokenList;
  /** Generated tokens, without the end token; those of a stop string are the last. */
  readonly #answer: number[] = [];
  /** Most tokens to generate. */
  readonly nPredict: number;

  /** Seat in the context; undefined = waiting. */
  idSlot: number | undefined;
  /** Computes the beginning of this prompt for both: wait until it has come that far, then share it. */
  leader: { readonly sequence: Sequence; readonly nShared: number } | undefined;
  /** Index in the current batch whose logits choose the next token; undefined = no token this step. */
  iBatch: number | undefined;

  /** Prompt tokens found in the cache when it first got a slot. */
  nCached = 0;
  /** Tokens sampled, the one that ends the answer included. */
  nGenerated = 0;
  #startNs: number | undefined;
  #firstTokenNs = 0;
  #lastTokenNs = 0;

  constructor(options: {
    id: number;
    work: GenerateWork;
    prompt: PreparedPrompt;
    sampler: TokenSampler;
    nPredict: number;
  }) {
    this.id = options.id;
    this.work = options.work;
    this.prompt = options.prompt;
    this.sampler = options.sampler;
    this.nPredict = options.nPredict;
    this.text = new AnswerText(options.work.stop);
    this.tokens = TokenList.from(options.prompt.tokens);
  }

  /** It has sampled a token: from now on one token a step is wanted, but for a cache that has to be rebuilt. */
  get isGenerating(): boolean {
    return this.nGenerated > 0;
  }

  /** The clock of the prompt runs from the first slot on. */
  noteStart(nCached: number): void {
    if (this.#startNs !== undefined) return;
    this.#startNs = nowNs();
    this.nCached = nCached;
  }

  /** More of the prompt turned out to be computed by another sequence. */
  noteCached(nCached: number): void {
    if (!this.isGenerating) this.nCached = nCached;
  }

  /** Counts a sampled token. */
  noteToken(): void {
    this.nGenerated++;
    this.#lastTokenNs = nowNs();
    if (this.nGenerated === 1) this.#firstTokenNs = this.#lastTokenNs;
  }

  /** Adds a token to the answer. */
  addToken(token: number, piece: Piece, logprob: ChosenLogprob | undefined): void {
    this.tokens.push(token);
    this.#answer.push(token);
    this.text.add(piece, logprob);
  }

  /** Reason to end after the token that was just added; undefined = go on. */
  finishReason(): FinishReason | undefined {
    if (this.text.isStopped) return 'stop';
    return this.nGenerated >= this.nPredict ? 'length' : undefined;
  }

  finishEvent(reason: FinishReason): StepEvent {
    const { tokens } = this.prompt;
    return {
      id: this.id,
      type: 'finish',
      reason,
      stats: this.#stats(),
      ...(this.work.returnTokens
        ? { tokens: [...tokens, ...this.#answer.slice(0, this.text.nTokensShown)] }
        : {}),
    };
  }

  #stats(): GenerationStats {
    const start = this.#startNs ?? nowNs();
    const first = this.nGenerated > 0 ? this.#firstTokenNs : nowNs();
    return {
      promptTokens: this.prompt.tokens.length,
      cachedTokens: this.nCached,
      promptDurationNs: first - start,
      generatedTokens: this.nGenerated,
      generationDurationNs: this.nGenerated > 0 ? this.#lastTokenNs - first : 0,
    };
  }

  [Symbol.dispose](): void {
    this.sampler[Symbol.dispose]();
  }
}
