/** Puts two parsers behind each other: what the first one gives out as content goes through the second one. */
import type { OutputParser, OutputPiece } from './types.ts';

export function composeParsers(first: OutputParser, second: OutputParser): OutputParser {
  const through = (pieces: readonly OutputPiece[]): OutputPiece[] =>
    pieces.flatMap((piece) => (piece.type === 'content' ? second.push(piece.text) : [piece]));
  return {
    push: (text) => through(first.push(text)),
    end: () => [...through(first.end()), ...second.end()],
  };
}
