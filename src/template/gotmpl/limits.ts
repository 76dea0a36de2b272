/** Bounds on what one template may cost: templates come with models, from people whom nobody vetted. */
import { CriaError } from '../../errors.ts';

/** Longest accepted template source, in UTF-16 units; real ones stay under 32 Ki. */
export const maxSourceLength = 1 << 20;

/** Deepest nesting of control actions, and of parentheses, that the parser accepts. */
export const maxNesting = 200;

/** Deepest nesting of data (tool arguments, schemas) that is converted for a template. */
export const maxDataDepth = 256;

/** What one rendering may use. */
export interface RenderLimits {
  /** Nodes walked, commands evaluated and loop turns taken. */
  readonly steps: number;
  /** Characters written, produced by functions, or looked through by them. */
  readonly characters: number;
  /** Lists, pipelines and templates inside one another while executing. */
  readonly depth: number;
}

/** Generous for real conversations (thousands of messages), about two seconds of work for hostile templates. */
export const defaultLimits: RenderLimits = { steps: 5_000_000, characters: 1 << 25, depth: 600 };

/** Counts what a rendering uses; each method throws `template_error` past its limit. */
export class Budget {
  readonly #limits: RenderLimits;
  #steps = 0;
  #characters = 0;
  #depth = 0;

  constructor(limits: RenderLimits = defaultLimits) {
    this.#limits = limits;
  }

  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > this.#limits.steps) throw exceeded('takes too many steps');
  }

  /** Accounts for characters that were or are about to be made. */
  produce(length: number): void {
    this.#characters += length;
    if (this.#characters > this.#limits.characters) throw exceeded('produces too much text');
  }

  /** Accounts for text that a function reads without copying it; reading is much cheaper than making. */
  scan(length: number): void {
    this.produce(length >> 4);
  }

  enter(): void {
    if (++this.#depth > this.#limits.depth) throw exceeded('nests too deeply');
  }

  leave(): void {
    this.#depth--;
  }
}

function exceeded(what: string): CriaError {
  return new CriaError('template_error', `template: rendering ${what}`);
}
