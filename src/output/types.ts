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
