/** A grammar that constrains one sequence, awake from the start or woken by a trigger. */
import { CriaError } from '../errors.ts';
import { Candidates } from '../native/candidates.ts';
import type { Model } from '../native/model.ts';
import { Sampler } from '../native/sampler.ts';
import type { GrammarSpec } from '../protocol/messages.ts';
import type { PieceCache } from './detokenizer.ts';
import { checkGbnf } from './gbnf-limits.ts';
import { TriggerMatcher } from './trigger.ts';

/**
 * llama.cpp ends the process when a grammar is given a token that it does not allow, so every token is tried on a
 * candidate list before it is accepted.
 */
export class Grammar implements Disposable {
  readonly #model: Model;
  readonly #pieces: PieceCache;
  /** In its start state until it is awake. */
  #sampler: Sampler;
  /** Watches for the trigger; undefined = awake. */
  #waiting: TriggerMatcher | undefined;
  /** The state after the token that wakes the grammar, kept between `allows` and `accept`. */
  #woken: { readonly token: number; readonly sampler: Sampler } | undefined;
  readonly #single = new Candidates(1);

  /** Throws `bad_request` when the grammar cannot be parsed or does not allow its own trigger. */
  constructor(model: Model, pieces: PieceCache, spec: GrammarSpec) {
    this.#model = model;
    this.#pieces = pieces;
    checkGbnf(spec.gbnf);
    const sampler = spec.gbnf.trim() === '' ? undefined : Sampler.grammar(model, spec.gbnf);
    if (sampler === undefined)
      throw new CriaError('bad_request', 'the grammar is not valid GBNF with a root rule');
    this.#sampler = sampler;
    if (spec.triggers !== undefined) {
      this.#waiting = new TriggerMatcher(spec.triggers);
      for (const { text, include } of spec.triggers) {
        if (!include || text === '') continue;
        const woken = this.#after(Buffer.from(text, 'utf8').toString('latin1'));
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
  }

  /** False while the trigger has not come: then only `allows` and `accept` matter. */
  get isAwake(): boolean {
    return this.#waiting === undefined;
  }

  /** Whether `token` may come next. */
  allows(token: number): boolean {
    if (this.#waiting === undefined) return this.#isAllowedBy(this.#sampler, token);
    const match = this.#waiting.peek(this.#pieces.get(token).bytes);
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
      this.#waiting.add(this.#pieces.get(token).bytes);
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
    const sampler = this.#sampler.clone();
    for (const token of this.#tokensOf(bytes)) {
      if (token < 0 || !this.#isAllowedBy(sampler, token)) {
        sampler[Symbol.dispose]();
        return undefined;
      }
      sampler.accept(token);
    }
    return sampler;
  }

  /** Tokens whose pieces make up `bytes` exactly; -1 where the vocabulary has none. */
  #tokensOf(bytes: string): number[] {
    if (bytes === '') return [];
    const byPiece = this.#pieces.tokensByPiece(this.#model.vocab.nTokens);
    const tokens: number[] = [];
    for (let i = 0; i < bytes.length; ) {
      let length = bytes.length - i;
      while (length > 0 && !byPiece.has(bytes.slice(i, i + length))) length--;
      const token = byPiece.get(bytes.slice(i, i + length));
      if (token === undefined) return [-1];
      tokens.push(token);
      i += length;
    }
    return tokens;
  }
}
