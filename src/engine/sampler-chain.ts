/** Chooses the next token of one sequence: biases, penalties, the truncating samplers, the draw, and the grammar's veto. */
import type { Candidates } from '../native/candidates.ts';
import type { LlamaFunctions } from '../native/functions.ts';
import type { Model } from '../native/model.ts';
import { Sampler } from '../native/sampler.ts';
import type { Pointer } from '../native/structs.ts';
import type { SamplingParams } from '../types/sampling.ts';
import type { Grammar } from './grammar.ts';
import { RecentTokens } from './recent-tokens.ts';
import { argmax, type TopK } from './top-k.ts';

/** Memory that all sequences of an engine use in turn. */
export interface SamplerScratch {
  /** For the whole vocabulary. */
  readonly candidates: Candidates;
  /** For the best few. */
  readonly top: TopK;
}

type Maker = (llama: LlamaFunctions) => Pointer;

/** Of the candidates that a grammar looks at in one go: the first round usually finds enough. */
const grammarRounds = [256, 4096];

/** What candidates beyond those looked at could add to the sum of probabilities, below which they are left out. */
const negligible = 2 ** -40;

/**
 * Gives what llama.cpp's own chain over all candidates gives (logit biases, penalties, DRY, top-n-sigma, top-k, typical-p,
 * top-p, min-p, XTC, temperature, draw: common/sampling.cpp), with less work: biases and penalties touch few tokens and
 * are applied to the logits, and when top-k is in effect the rest of the chain sees the k best only.
 */
export class SamplerChain implements Disposable {
  readonly #scratch: SamplerScratch;
  readonly #grammar: Grammar | undefined;
  readonly #bias: readonly (readonly [token: number, bias: number])[];
  /** Penalties and DRY, applied to recent tokens only; undefined = both off. */
  readonly #penalties: Sampler | undefined;
  readonly #recent: RecentTokens;
  /** From truncation to draw; undefined = greedy. */
  readonly #draw: Sampler | undefined;
  /** Candidates that the draw sees; undefined = all. */
  readonly #nTop: number | undefined;

  constructor(
    model: Model,
    params: SamplingParams,
    options: { nCtx: number; scratch: SamplerScratch; grammar: Grammar | undefined },
  ) {
    this.#scratch = options.scratch;
    this.#grammar = options.grammar;
    this.#bias = [
      ...params.logitBias,
      ...Array.from(model.vocab.suppressedTokens(), (token) => [token, Number.NEGATIVE_INFINITY] as const),
    ];
    const { makers, nRecent } = penaltyMakers(model, params, options.nCtx);
    this.#penalties = makers.length > 0 ? Sampler.chain(model, makers) : undefined;
    this.#recent = new RecentTokens(nRecent);

    const isGreedy = params.temperature <= 0 && params.mirostat === 0;
    const sortsByLogitAlone = params.mirostat === 0 && params.topNSigma <= 0;
    const hasTopK = params.topK > 0 && params.topK <= options.scratch.top.capacity;
    this.#nTop = sortsByLogitAlone && hasTopK ? params.topK : undefined;
    this.#draw = isGreedy
      ? undefined
      : Sampler.chain(model, drawMakers(model, params, this.#nTop === undefined));
  }

  /** Tells the penalties about the prompt. */
  addPrompt(tokens: Int32Array): void {
    for (const token of tokens) this.#addRecent(token);
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

  #choose(logits: Float32Array): number {
    const token = this.#pick(logits);
    const grammar = this.#grammar;
    if (grammar === undefined || grammar.allows(token)) return token;
    if (grammar.isAwake) return this.#pickMasked(logits, grammar);
    // Asleep: only the few tokens are refused that complete the trigger and go on as the grammar forbids.
    for (let refused = token; ; ) {
      logits[refused] = Number.NEGATIVE_INFINITY;
      refused = this.#pick(logits);
      if (grammar.allows(refused)) return refused;
      if (logits[refused] === Number.NEGATIVE_INFINITY) return -1;
    }
  }

  #pick(logits: Float32Array): number {
    if (this.#draw === undefined) return argmax(logits);
    const { candidates, top } = this.#scratch;
    if (this.#nTop === undefined) {
      candidates.setAll(logits);
    } else {
      const count = top.select(logits, this.#nTop);
      for (let i = 0; i < count; i++) candidates.set(i, top.indices[i]!, top.values[i]!); // in range
      candidates.reset(count, true);
    }
    return this.#drawn(this.#draw);
  }

  /** Runs the chain over the candidates as they stand. */
  #drawn(draw: Sampler): number {
    const { candidates } = this.#scratch;
    draw.apply(candidates);
    const { selected } = candidates;
    if (selected < 0 || candidates.logit(selected) === Number.NEGATIVE_INFINITY) return -1;
    return candidates.token(selected);
  }

  /** Chooses among the tokens that the grammar allows. */
  #pickMasked(logits: Float32Array, grammar: Grammar): number {
    const { candidates, top } = this.#scratch;
    const nWanted = this.#draw === undefined ? 1 : this.#nTop;
    if (nWanted !== undefined) {
      for (const round of grammarRounds) {
        const n = Math.max(round, nWanted);
        if (n > top.capacity || n >= logits.length) break;
        const count = top.select(logits, n);
        for (let i = 0; i < count; i++) candidates.set(i, top.indices[i]!, top.values[i]!); // in range
        candidates.reset(count, true);
        grammar.mask(candidates);
        const kept = this.#compact(count, nWanted);
        if (
          kept === nWanted ||
          (kept > 0 && isEnough(candidates.logit(0), top.values[count - 1]!, nWanted))
        ) {
          if (this.#draw === undefined) return candidates.token(0);
          candidates.reset(kept, true);
          return this.#drawn(this.#draw);
        }
      }
    }
    candidates.setAll(logits);
    grammar.mask(candidates);
    for (let token = 0; token < logits.length; token++) logits[token] = candidates.logit(token);
    const token = this.#pick(logits);
    return token < 0 || logits[token] === Number.NEGATIVE_INFINITY ? -1 : token;
  }

  /** Moves the candidates that were not masked to the front, at most `limit`; returns how many there are. */
  #compact(count: number, limit: number): number {
    const { candidates } = this.#scratch;
    let kept = 0;
    for (let i = 0; i < count && kept < limit; i++) {
      const logit = candidates.logit(i);
      if (logit !== Number.NEGATIVE_INFINITY) candidates.set(kept++, candidates.token(i), logit);
    }
    return kept;
  }
}

/** Whether `missing` further candidates, none better than `worst`, weigh nothing beside the best. */
function isEnough(best: number, worst: number, missing: number): boolean {
  return missing * Math.exp(worst - best) < negligible;
}

function penaltyMakers(
  model: Model,
  params: SamplingParams,
  nCtx: number,
): { makers: Maker[]; nRecent: number } {
  const makers: Maker[] = [];
  let nRecent = 0;
  const { vocab } = model;
  const lastN = params.repeatLastN < 0 ? nCtx : params.repeatLastN;
  const hasPenalty =
    params.repeatPenalty !== 1 || params.frequencyPenalty !== 0 || params.presencePenalty !== 0;
  if (hasPenalty && lastN > 0) {
    nRecent = lastN;
    makers.push((llama) =>
      llama.llama_sampler_init_penalties(
        vocab.nTokens,
        lastN,
        params.repeatPenalty,
        params.frequencyPenalty,
        params.presencePenalty,
      ),
    );
  }
  const dryLastN = params.dryPenaltyLastN < 0 ? nCtx : params.dryPenaltyLastN;
  if (params.dryMultiplier !== 0 && params.dryBase >= 1 && dryLastN > 0) {
    nRecent = Math.max(nRecent, dryLastN);
    makers.push((llama) =>
      llama.llama_sampler_init_dry(
        vocab.pointer,
        params.dryMultiplier,
        params.dryBase,
        params.dryAllowedLength,
        dryLastN,
        [...params.drySequenceBreakers],
        params.drySequenceBreakers.length,
      ),
    );
  }
  return { makers, nRecent };
}

/** The order of common/common.h: `common_params_sampling::samplers`. */
function drawMakers(model: Model, params: SamplingParams, seesAll: boolean): Maker[] {
  const seed = seedOf(params.seed);
  const { mirostat, mirostatTau, mirostatEta, temperature } = params;
  if (mirostat !== 0) {
    return [
      (llama) => llama.llama_sampler_init_temp(temperature),
      mirostat === 1
        ? (llama) =>
            llama.llama_sampler_init_mirostat(model.vocab.nTokens, seed, mirostatTau, mirostatEta, 100)
        : (llama) => llama.llama_sampler_init_mirostat_v2(seed, mirostatTau, mirostatEta),
    ];
  }
  const makers: Maker[] = [];
  if (seesAll && params.topNSigma > 0)
    makers.push((llama) => llama.llama_sampler_init_top_n_sigma(params.topNSigma));
  if (seesAll && params.topK > 0) makers.push((llama) => llama.llama_sampler_init_top_k(params.topK));
  if (params.typicalP < 1) makers.push((llama) => llama.llama_sampler_init_typical(params.typicalP, 1));
  if (params.topP < 1) makers.push((llama) => llama.llama_sampler_init_top_p(params.topP, 1));
  if (params.minP > 0) makers.push((llama) => llama.llama_sampler_init_min_p(params.minP, 1));
  if (params.xtcProbability > 0)
    makers.push((llama) => llama.llama_sampler_init_xtc(params.xtcProbability, params.xtcThreshold, 1, seed));
  makers.push((llama) => llama.llama_sampler_init_temp(temperature));
  makers.push((llama) => llama.llama_sampler_init_dist(seed));
  return makers;
}

/** llama.cpp takes 2^32-1 as "random"; so does -1 here, and no other seed may become it. */
function seedOf(seed: number): number {
  return seed === -1 ? Math.floor(Math.random() * 0xffffffff) : seed >>> 0;
}
