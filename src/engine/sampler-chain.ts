/** Chooses the next token of one sequence: biases, penalties, the truncating samplers, the draw, and the grammar's veto. */
import type { Candidates } from '../native/candidates.ts';
import type { Model } from '../native/model.ts';
import { Sampler } from '../native/sampler.ts';
import type { SamplingParams } from '../types/sampling.ts';
import type { Grammar } from './grammar.ts';
import { RecentTokens } from './recent-tokens.ts';
import { type DryPrototypes, drawMakers, penaltyMakers } from './sampler-makers.ts';
import type { TopK } from './top-k.ts';

/** What all sequences of an engine use in turn. */
export interface SamplerScratch {
  /** For the whole vocabulary. */
  readonly candidates: Candidates;
  /** For the best few. */
  readonly top: TopK;
  /** Float32Array // [nVocab], logits after top-n-sigma */
  readonly row: Float32Array;
  /** Float32Array // [nVocab], logits after a grammar */
  readonly masked: Float32Array;
  readonly dry: DryPrototypes;
}

/** A grammar tries so many of the best first: mostly enough of them are allowed. */
const nFirstTried = 256;

/** Candidates that were not tried may be left out when together they weigh less than this beside the best one. */
const negligible = 2 ** -40;

const impossible = Number.NEGATIVE_INFINITY;

/**
 * Gives what llama.cpp's own chain over all candidates gives (common/sampling.cpp: logit biases, penalties, DRY,
 * top-n-sigma, top-k, typical-p, top-p, min-p, XTC, temperature, draw), with less work: biases and penalties touch few tokens and
 * are applied to the logits, and when top-k is in effect the rest of the chain sees the k best only.
 */
export class SamplerChain implements Disposable {
  readonly #scratch: SamplerScratch;
  readonly #grammar: Grammar | undefined;
  readonly #bias: readonly (readonly [token: number, bias: number])[];
  /** Penalties and DRY; undefined = both off. */
  readonly #penalties: Sampler | undefined;
  readonly #recent: RecentTokens;
  /** Top-n-sigma; undefined = off. */
  readonly #sigma: Sampler | undefined;
  /** From truncation to draw; undefined = greedy. */
  readonly #draw: Sampler | undefined;
  /** How many of the best the draw sees; undefined = all. */
  readonly #nTop: number | undefined;
  /** Candidates that are ruled out are kept from the draw: some samplers compute with NaN on them or could take one. */
  readonly #leavesOutImpossible: boolean;

  /** `params` as `limitSampling` gives them. The chain disposes the grammar with itself. */
  constructor(
    model: Model,
    params: SamplingParams,
    options: { scratch: SamplerScratch; grammar: Grammar | undefined },
  ) {
    const { scratch } = options;
    this.#scratch = scratch;
    this.#grammar = options.grammar;
    const suppressed = Array.from(model.vocab.suppressedTokens(), (token) => [token, impossible] as const);
    this.#bias = [...params.logitBias, ...suppressed];
    const { makers, nRecent } = penaltyMakers(model, params, scratch.dry);
    this.#penalties = makers.length > 0 ? Sampler.chain(model, makers) : undefined;
    this.#recent = new RecentTokens(nRecent);
    this.#leavesOutImpossible =
      params.typicalP < 1 || params.mirostat !== 0 || (params.xtcProbability > 0 && params.xtcThreshold <= 0);

    if (params.mirostat === 0 && params.temperature <= 0) return; // greedy: only the order of the logits counts
    if (params.mirostat === 0) {
      if (params.topNSigma > 0)
        this.#sigma = Sampler.chain(model, [
          (llama) => llama.llama_sampler_init_top_n_sigma(params.topNSigma),
        ]);
      if (params.topK > 0 && params.topK <= scratch.top.capacity) this.#nTop = params.topK;
    }
    const seed = seedOf(params.seed);
    this.#draw = Sampler.chain(model, drawMakers(model, params, { seed, seesAll: this.#nTop === undefined }));
  }

  /** Tells the penalties about the prompt. */
  addPrompt(tokens: Int32Array): void {
    if (this.#penalties === undefined) return;
    for (const token of tokens.subarray(-this.#recent.capacity)) this.#addRecent(token);
  }

  /**
   * Chooses a token and tells penalties and grammar so, unless it ends the generation (`isEog`). Writes to `logits`.
   * Returns -1 when no token may come next.
   */
  sample(logits: Float32Array, isEog: (token: number) => boolean): number {
    this.#adjust(logits);
    const token = this.#choose(logits);
    if (token >= 0 && !isEog(token)) {
      this.#grammar?.accept(token);
      this.#addRecent(token);
    }
    return token;
  }

  [Symbol.dispose](): void {
    this.#penalties?.[Symbol.dispose]();
    this.#sigma?.[Symbol.dispose]();
    this.#draw?.[Symbol.dispose]();
    this.#grammar?.[Symbol.dispose]();
  }

  #addRecent(token: number): void {
    if (this.#penalties === undefined) return;
    this.#penalties.accept(token);
    this.#recent.push(token);
  }

  #adjust(logits: Float32Array): void {
    for (const [token, bias] of this.#bias) logits[token]! += bias; // ids were checked
    if (this.#penalties === undefined || this.#recent.nDistinct === 0) return;
    const { candidates } = this.#scratch;
    let count = 0;
    for (const token of this.#recent.distinct()) candidates.set(count++, token, logits[token]!); // ids are in range
    candidates.reset(count, false);
    this.#penalties.apply(candidates);
    for (let i = 0; i < count; i++) logits[candidates.token(i)] = candidates.logit(i);
  }

  /** The token is drawn first and the grammar asked then: mostly it agrees, and masking everything is avoided. */
  #choose(logits: Float32Array): number {
    const grammar = this.#grammar;
    let token = this.#pick(logits);
    if (grammar === undefined || token < 0 || grammar.allows(token)) return token;
    if (grammar.isAwake) return this.#pickMasked(logits, grammar);
    // Asleep: refused are only tokens that complete the trigger and go on as the grammar forbids.
    do {
      logits[token] = impossible;
      token = this.#pick(logits);
    } while (token >= 0 && !grammar.allows(token));
    return token;
  }

  #pick(logits: Float32Array): number {
    if (this.#draw === undefined) {
      const best = this.#scratch.top.best(logits);
      return logits[best] === impossible ? -1 : best;
    }
    const row = this.#sigma === undefined ? logits : this.#afterSigma(this.#sigma, logits);
    const { candidates } = this.#scratch;
    const count = this.#nTop === undefined ? this.#setAll(row) : this.#setTop(row, this.#nTop);
    if (count === 0) return -1; // llama.cpp ends the process when it gets no candidates
    this.#draw.apply(candidates);
    return candidates.chosenToken;
  }

  /** A copy of the row in which top-n-sigma has ruled tokens out. */
  #afterSigma(sigma: Sampler, logits: Float32Array): Float32Array {
    const { candidates, row } = this.#scratch;
    candidates.setAll(logits);
    sigma.apply(candidates);
    for (let token = 0; token < row.length; token++) row[token] = candidates.logit(token);
    return row;
  }

  /** Sets the candidates to the whole row; returns how many there are. */
  #setAll(row: Float32Array): number {
    const { candidates } = this.#scratch;
    if (this.#leavesOutImpossible) return candidates.setPossible(row);
    candidates.setAll(row);
    return row.length;
  }

  /** Sets the candidates to the `k` best; returns how many there are, 0 when even the best is ruled out. */
  #setTop(row: Float32Array, k: number): number {
    const { candidates, top } = this.#scratch;
    let count = top.select(row, k);
    if (top.values[0] === impossible) count = 0;
    if (this.#leavesOutImpossible) while (count > 0 && top.values[count - 1] === impossible) count--;
    for (let i = 0; i < count; i++) candidates.set(i, top.indices[i]!, top.values[i]!); // in range
    candidates.reset(count, true);
    return count;
  }

  /** Chooses among the tokens that the grammar allows. */
  #pickMasked(logits: Float32Array, grammar: Grammar): number {
    const quick = this.#pickOfBest(logits, grammar);
    if (quick !== undefined) return quick;
    const { candidates, masked } = this.#scratch;
    const allowed = grammar.allowedTokens(candidates);
    if (allowed !== undefined) {
      masked.fill(impossible);
      for (const token of allowed) masked[token] = logits[token]!; // in range
    } else {
      candidates.setAll(logits);
      grammar.mask(candidates);
      for (let token = 0; token < masked.length; token++) masked[token] = candidates.logit(token);
    }
    return this.#pick(masked);
  }

  /** Tries the best few only; undefined when too few of them are allowed to tell what all would give. */
  #pickOfBest(logits: Float32Array, grammar: Grammar): number | undefined {
    const { candidates } = this.#scratch;
    const nWanted = this.#draw === undefined ? 1 : this.#nTop;
    if (nWanted === undefined || nWanted > nFirstTried || this.#sigma !== undefined) return undefined;
    const count = this.#setTop(logits, nFirstTried);
    if (count === 0) return -1;
    const worst = candidates.logit(count - 1);
    grammar.mask(candidates);
    const kept = this.#compact(count, nWanted);
    const isEnough =
      kept === nWanted || (kept > 0 && weigh(candidates.logit(0), worst, nWanted) < negligible);
    if (!isEnough) return undefined;
    if (this.#draw === undefined) return candidates.token(0);
    candidates.reset(kept, true);
    this.#draw.apply(candidates);
    return candidates.chosenToken;
  }

  /** Moves the candidates that were not masked to the front, at most `limit`; returns how many there are. */
  #compact(count: number, limit: number): number {
    const { candidates } = this.#scratch;
    let kept = 0;
    for (let i = 0; i < count && kept < limit; i++) {
      const logit = candidates.logit(i);
      if (logit !== impossible) candidates.set(kept++, candidates.token(i), logit);
    }
    return kept;
  }
}

/** What `count` candidates, none better than `worst`, weigh at most beside the best. */
function weigh(best: number, worst: number, count: number): number {
  return count * Math.exp(worst - best);
}

/** llama.cpp takes 2^32-1 as "random"; so does -1 here, and no other seed becomes it. */
function seedOf(seed: number): number {
  return seed === -1 ? Math.floor(Math.random() * 0xffffffff) : Math.trunc(seed) >>> 0;
}
