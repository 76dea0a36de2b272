/** The vocabulary as grammars need it: pieces to tokens, and the order in which to look for allowed tokens. Made on first need. */
import { toLatin1 } from './detokenizer.ts';
import { TokenForest } from './token-forest.ts';

/** What is read of a native vocabulary. */
export interface GrammarVocabSource {
  readonly nTokens: number;
  piece(token: number): Uint8Array;
  isEog(token: number): boolean;
}

interface Tables {
  readonly forest: TokenForest;
  /** Tokens that end a generation: a grammar looks at what they are, not at their text. */
  readonly eogTokens: readonly number[];
  /** First token of each piece (latin1, one character a byte). */
  readonly byPiece: ReadonlyMap<string, number>;
}

export class GrammarVocab {
  readonly #source: GrammarVocabSource;
  #tables: Tables | undefined;

  constructor(source: GrammarVocabSource) {
    this.#source = source;
  }

  get tables(): Tables {
    this.#tables ??= makeTables(this.#source);
    return this.#tables;
  }

  /** Tokens whose pieces make up `bytes` (latin1) exactly; undefined where the vocabulary has none. */
  tokensOf(bytes: string): readonly number[] | undefined {
    const tokens: number[] = [];
    for (let i = 0; i < bytes.length; ) {
      let length = bytes.length - i;
      while (length > 0 && !this.tables.byPiece.has(bytes.slice(i, i + length))) length--;
      const token = this.tables.byPiece.get(bytes.slice(i, i + length));
      if (token === undefined) return undefined;
      tokens.push(token);
      i += length;
    }
    return tokens;
  }
}

function makeTables(source: GrammarVocabSource): Tables {
  const pieces: (string | undefined)[] = [];
  const eogTokens: number[] = [];
  const byPiece = new Map<string, number>();
  for (let token = 0; token < source.nTokens; token++) {
    if (source.isEog(token)) {
      eogTokens.push(token);
      pieces.push(undefined);
      continue;
    }
    const piece = toLatin1(source.piece(token));
    pieces.push(piece);
    if (piece !== '' && !byPiece.has(piece)) byPiece.set(piece, token);
  }
  return { forest: new TokenForest(pieces), eogTokens, byPiece };
}
