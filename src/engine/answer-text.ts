/** The text of one answer as it may be sent: whole characters, no part of a stop string, logprobs with their text. */
import type { ChosenLogprob } from '../types/events.ts';
import { Detokenizer, type Piece } from './detokenizer.ts';
import { StopMatcher } from './stop.ts';

export class AnswerText {
  readonly #detokenizer = new Detokenizer();
  readonly #stops: StopMatcher;
  /** Characters made so far and, of them, given out; they differ by what a stop string may claim. */
  #nMade = 0;
  #nTaken = 0;
  /** Given out but not taken yet. */
  #ready = '';
  /** Characters made when each token was added. */
  readonly #ends: number[] = [];
  /** Logprobs whose token ends at the given character. */
  #logprobs: { readonly end: number; readonly logprob: ChosenLogprob }[] = [];
  #isStopped = false;

  constructor(stops: readonly string[]) {
    this.#stops = new StopMatcher(stops);
  }

  /** True once a stop string was found. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  add(piece: Piece, logprob: ChosenLogprob | undefined): void {
    const text = this.#detokenizer.add(piece);
    this.#nMade += text.length;
    this.#ends.push(this.#nMade);
    if (logprob !== undefined) this.#logprobs.push({ end: this.#nMade, logprob });
    this.#release(text);
  }

  /** How many of the tokens were added before a stop string and have no part in it. */
  get nTokensShown(): number {
    if (!this.#isStopped) return this.#ends.length;
    const nShown = this.#nTaken + this.#ready.length;
    let n = this.#ends.findIndex((end) => end > nShown);
    // The first bytes of a character make no text yet.
    while (n > 0 && this.#ends[n - 1] === (this.#ends[n - 2] ?? 0)) n--;
    return n;
  }

  /** No more tokens: what was held back comes out, unless a stop string was found. */
  end(): void {
    if (this.#isStopped) return;
    const rest = this.#detokenizer.end();
    this.#nMade += rest.length;
    this.#release(rest);
    if (!this.#isStopped) this.#ready += this.#stops.end();
  }

  /** Text and logprobs since the last call; undefined = no news. */
  take(): { readonly text: string; readonly logprobs?: readonly ChosenLogprob[] } | undefined {
    const text = this.#ready;
    this.#ready = '';
    this.#nTaken += text.length;
    let count = 0;
    while (count < this.#logprobs.length && this.#logprobs[count]!.end <= this.#nTaken) count++; // in range
    const logprobs = this.#logprobs.splice(0, count).map((entry) => entry.logprob);
    if (text === '' && logprobs.length === 0) return undefined;
    return logprobs.length === 0 ? { text } : { text, logprobs };
  }

  #release(text: string): void {
    const result = this.#stops.add(text);
    this.#ready += result.text;
    this.#isStopped = result.isStopped;
  }
}
