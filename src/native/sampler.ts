/** llama.cpp's samplers: single ones are handed to a chain, which owns them. */

import type { Candidates } from './candidates.ts';
import type { LlamaFunctions } from './functions.ts';
import { Handle } from './handle.ts';
import type { Model } from './model.ts';
import type { Pointer } from './structs.ts';

/** A sampler or a chain of samplers. Keeps the model alive. */
export class Sampler extends Handle {
  readonly #llama: LlamaFunctions;
  readonly #model: Model;

  private constructor(model: Model, pointer: Pointer) {
    super(pointer, model);
    this.#model = model;
    this.#llama = model.library.llama;
  }

  /** A chain of samplers, applied in order; `makers` are called with the functions to make each. */
  static chain(model: Model, makers: readonly ((llama: LlamaFunctions) => Pointer)[]): Sampler {
    const { llama } = model.library;
    const chain = new Sampler(model, llama.llama_sampler_chain_init({ no_perf: true }));
    for (const make of makers) llama.llama_sampler_chain_add(chain.pointer, make(llama));
    return chain;
  }

  /** One sampler on its own. */
  static single(model: Model, make: (llama: LlamaFunctions) => Pointer): Sampler {
    return new Sampler(model, make(model.library.llama));
  }

  /** A grammar sampler starting at the rule `root`; undefined when the GBNF text is broken. */
  static grammar(model: Model, gbnf: string): Sampler | undefined {
    const pointer = model.library.llama.llama_sampler_init_grammar(model.vocab.pointer, gbnf, 'root');
    return pointer === null ? undefined : new Sampler(model, pointer);
  }

  apply(candidates: Candidates): void {
    this.#llama.llama_sampler_apply(this.pointer, candidates.pointer);
  }

  /** Tells the sampler that `token` was chosen. A grammar must allow it: llama.cpp ends the process otherwise. */
  accept(token: number): void {
    this.#llama.llama_sampler_accept(this.pointer, token);
  }

  reset(): void {
    this.#llama.llama_sampler_reset(this.pointer);
  }

  clone(): Sampler {
    return new Sampler(this.#model, this.#llama.llama_sampler_clone(this.pointer));
  }

  protected override free(pointer: Pointer): void {
    this.#llama.llama_sampler_free(pointer);
  }
}
