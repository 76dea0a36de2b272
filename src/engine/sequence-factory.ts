/** Makes sequences of work items, and holds what all of them use in turn. */
import { Candidates } from '../native/candidates.ts';
import type { Model } from '../native/model.ts';
import type { GenerateWork } from '../protocol/messages.ts';
import { PieceCache } from './detokenizer.ts';
import { Grammar } from './grammar.ts';
import { GrammarVocab } from './grammar-vocab.ts';
import { LogprobReader } from './logprobs.ts';
import { preparePrompt } from './prompt.ts';
import { SamplerChain, type SamplerScratch } from './sampler-chain.ts';
import { DryPrototypes } from './sampler-makers.ts';
import { limitSampling } from './sampling-limits.ts';
import { Sequence } from './sequence.ts';
import { TopK } from './top-k.ts';

/** No answer is longer than this many contexts. */
const maxAnswerContexts = 10;

/** Largest `top_k` that is selected here; beyond it llama.cpp sorts all candidates. */
const maxTopK = 4096;

export class SequenceFactory implements Disposable {
  readonly pieces: PieceCache;
  readonly #model: Model;
  readonly #nCtx: number;
  readonly #grammarVocab: GrammarVocab;
  readonly #scratch: SamplerScratch;
  readonly #isEog = new Map<number, boolean>();
  #logprobs: LogprobReader | undefined;

  /** `nCtx`: most tokens of a sequence. */
  constructor(model: Model, nCtx: number) {
    const { nTokens } = model.vocab;
    this.#model = model;
    this.#nCtx = nCtx;
    this.pieces = new PieceCache(model.vocab);
    this.#grammarVocab = new GrammarVocab(model.vocab);
    this.#scratch = {
      candidates: new Candidates(nTokens),
      top: new TopK(Math.min(maxTopK, nTokens), nTokens),
      row: new Float32Array(nTokens),
      masked: new Float32Array(nTokens),
      dry: new DryPrototypes(model),
    };
  }

  /** For sequences that want log-probabilities. */
  get logprobs(): LogprobReader {
    this.#logprobs ??= new LogprobReader(this.#model.vocab.nTokens, this.#scratch.top, this.pieces);
    return this.#logprobs;
  }

  isEog(token: number): boolean {
    let isEog = this.#isEog.get(token);
    if (isEog === undefined) {
      isEog = this.#model.vocab.isEog(token);
      this.#isEog.set(token, isEog);
    }
    return isEog;
  }

  /** Throws `bad_request` and `context_exceeded`. */
  make(id: number, work: GenerateWork): Sequence {
    const { vocab } = this.#model;
    const nCtx = this.#nCtx;
    const params = limitSampling(work.sampling, { nVocab: vocab.nTokens, nCtx });
    const prompt = preparePrompt(vocab, work, nCtx);
    // Last, so that nothing can fail between the native parts and their owner.
    const context = { model: this.#model, pieces: this.pieces, vocab: this.#grammarVocab };
    const grammar = work.grammar === undefined ? undefined : new Grammar(context, work.grammar);
    const sampler = new SamplerChain(this.#model, params, { scratch: this.#scratch, grammar });
    sampler.addPrompt(prompt.tokens);
    const most = maxAnswerContexts * nCtx;
    const nPredict = work.nPredict < 0 ? most : Math.min(work.nPredict, most);
    return new Sequence({ id, work, prompt, sampler, nPredict });
  }

  [Symbol.dispose](): void {
    this.#scratch.candidates[Symbol.dispose]();
    this.#scratch.dry[Symbol.dispose]();
  }
}
