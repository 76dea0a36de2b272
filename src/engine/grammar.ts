/** A grammar that constrains one sequence, awake from the start or woken by a trigger. */
import { CriaError } from '../errors.ts';
import { Candidates } from '../native/candidates.ts';
import type { Model } from '../native/model.ts';
import { Sampler } from '../native/sampler.ts';
import type { GrammarSpec } from '../protocol/messages.ts';
import type { PieceCache } from './detokenizer.ts';
import { toLatin1 } from './detokenizer.ts';
import { checkGbnf } from './gbnf-limits.ts';
import type { GrammarVocab } from './grammar-vocab.ts';
import { TriggerMatcher } from './trigger.ts';

/** When so many tokens were tried and there are still more, trying all at once is cheaper. */
const maxTried = 16_384;

export interface GrammarContext {
  readonly model: Model;
  readonly pieces: PieceCache;
  readonly vocab: GrammarVocab;
}

/**
 * llama.cpp ends the process when a grammar is given a token that it does not allow, so every token is tried on a
 * candidate list before it is accepted.
 */
export class Grammar implements Disposable {
  readonly #context: GrammarContext;
  /** In its start state until it is awake. */
  #sampler: Sampler;
  /** Watches for the trigger; undefined = awake. */
  #waiting: TriggerMatcher | undefined;
  /** The state after the token that wakes the grammar, kept between `allows` and `accept`. */
  #woken: { readonly token: number; readonly sampler: Sampler } | undefined;
  readonly #single = new Candidates(1);
  /** A token is allowed only if those are that it begins with. */
  readonly #isPrefixClosed: boolean;

  /** Throws `bad_request` when the grammar cannot be parsed or does not begin with its own trigger. */
  constructor(context: GrammarContext, spec: GrammarSpec) {
    this.#context = context;
    this.#isPrefixClosed = !checkGbnf(spec.gbnf).hasTokens;
    const sampler = spec.gbnf.trim() === '' ? undefined : Sampler.grammar(context.model, spec.gbnf);
    if (sampler === undefined)
      throw new CriaError('bad_request', 'the grammar is not valid GBNF with a root rule');
    this.#sampler = sampler;
    if (spec.triggers === undefined) return;
    this.#waiting = new TriggerMatcher(spec.triggers, spec.quiet);
    for (const { text, include } of spec.triggers) {
      if (!include || text === '') continue;
      const woken = this.#after(toLatin1(Buffer.from(text, 'utf8')));
      if (woken === undefined) {
        this[Symbol.dispose]();
        throw new CriaError(
          'bad_request',
          `the grammar does not begin with its trigger ${JSON.stringify(text)}`,
        );
      }
      woken[Symbol.dispose]();
    }
  }

  /** False while the trigger has not come: then only `allows` and `accept` matter. */
  get isAwake(): boolean {
    return this.#waiting === undefined;
  }

  /** Whether `token` may come next. */
  allows(token: number): boolean {
    if (this.#waiting === undefined) return this.#isAllowedBy(this.#sampler, token);
    const match = this.#waiting.peek(this.#context.pieces.get(token).bytes);
    if (match === undefined) return true;
    // The token that completes the trigger may bring bytes beyond it, which the grammar must take.
    const sampler = this.#after(match.constrained);
    if (sampler === undefined) return false;
    this.#forgetWoken();
    this.#woken = { token, sampler };
    return true;
  }

  /** Sets the logit of every candidate that may not come next to minus infinity. Only while awake. */
  mask(candidates: Candidates): void {
    this.#sampler.apply(candidates);
  }

  /**
   * All tokens that may come next, found by trying only tokens whose beginnings are allowed; undefined when they are too
   * many, or cannot be found this way. Only while awake; `candidates` is for the whole vocabulary.
   */
  allowedTokens(candidates: Candidates): readonly number[] | undefined {
    if (!this.#isPrefixClosed) return undefined;
    const { forest, eogTokens } = this.#context.vocab.tables;
    const allowed: number[] = [];
    let nTried = 0;
    let level: readonly number[] = [...eogTokens, ...forest.roots];
    while (level.length > 0) {
      nTried += level.length;
      if (nTried > maxTried) return undefined;
      for (const [i, token] of level.entries()) candidates.set(i, token, 0);
      candidates.reset(level.length, false);
      this.mask(candidates);
      const next: number[] = [];
      for (const [i, token] of level.entries()) {
        if (candidates.logit(i) === Number.NEGATIVE_INFINITY) continue;
        allowed.push(token);
        for (const child of forest.childrenOf(token)) next.push(child);
      }
      level = next;
    }
    return allowed;
  }

  /** Notes a token that `allows` allowed; not for tokens that end the generation. */
  accept(token: number): void {
    if (this.#waiting === undefined) {
      this.#sampler.accept(token);
    } else if (this.#woken?.token === token) {
      this.#sampler[Symbol.dispose]();
      this.#sampler = this.#woken.sampler;
      this.#woken = undefined;
      this.#waiting = undefined;
    } else {
      this.#waiting.add(this.#context.pieces.get(token).bytes);
    }
  }

  [Symbol.dispose](): void {
    this.#forgetWoken();
    this.#sampler[Symbol.dispose]();
    this.#single[Symbol.dispose]();
  }

  #forgetWoken(): void {
    this.#woken?.sampler[Symbol.dispose]();
    this.#woken = undefined;
  }

  #isAllowedBy(sampler: Sampler, token: number): boolean {
    this.#single.set(0, token, 1);
    this.#single.reset(1, false);
    sampler.apply(this.#single);
    return this.#single.logit(0) !== Number.NEGATIVE_INFINITY;
  }

  /** A copy of the start state that has taken `bytes` (latin1); undefined when the grammar refuses them. */
  #after(bytes: string): Sampler | undefined {
    const tokens = bytes === '' ? [] : this.#context.vocab.tokensOf(bytes);
    if (tokens === undefined) return undefined;
    const sampler = this.#sampler.clone();
    for (const token of tokens) {
      if (!this.#isAllowedBy(sampler, token)) {
        sampler[Symbol.dispose]();
        return undefined;
      }
      sampler.accept(token);
    }
    return sampler;
  }
}
