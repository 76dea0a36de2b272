/** What an answer's text is taken apart into, piece by piece as it streams. */
import type { JsonObject } from '../types/json.ts';

export type OutputPiece =
  | { readonly type: 'content'; readonly text: string }
  | { readonly type: 'thinking'; readonly text: string }
  | { readonly type: 'toolCall'; readonly name: string; readonly arguments: JsonObject };

/** An incremental parser: a piece is given out as soon as it is certain, and no text is ever lost. */
export interface OutputParser {
  push(text: string): OutputPiece[];
  /** The generation has ended: gives out what was held back. */
  end(): OutputPiece[];
}

/** The pair of texts around a thought. */
export interface ThinkingTags {
  readonly open: string;
  readonly close: string;
}

/**
 * What stands around the answer itself, as the template shows; `open` stands before it:
 * - `marks`: a text before it and some after it, `<|START_TEXT|>…<|END_TEXT|>`
 * - `messages`: a row of messages whose headers say what they are, `<|channel|>final<|message|>…<|end|>` (harmony)
 * - `recipients`: a row of messages that begin with a line that says whom they are for, `>>>all\n…` (functionary)
 */
export type AnswerLayout =
  | { readonly kind: 'marks'; readonly open: string; readonly closes: readonly string[] }
  | { readonly kind: 'messages'; readonly open: string }
  | { readonly kind: 'recipients'; readonly open: string };

/**
 * Where an answer begins:
 * - `free`: the model may think first
 * - `thought`: in a thought that the prompt has opened
 * - `inThought`, `inContent`: in the middle of a thought, or of what is said, which the prompt has begun
 */
export type AnswerStart = 'free' | 'thought' | 'inThought' | 'inContent';
