/** Text to token ids and back for requests that do nothing else. */
import { CriaError } from '../errors.ts';
import type { Vocab } from '../native/vocab.ts';
import type { TokenizeRequest, TokenizeResult } from '../protocol/messages.ts';

export function tokenizeText(
  vocab: Pick<Vocab, 'tokenize' | 'piece'>,
  request: TokenizeRequest,
): TokenizeResult {
  const tokens = Array.from(vocab.tokenize(request.text, request));
  return request.withPieces === true
    ? { tokens, pieces: tokens.map((token) => vocab.piece(token)) }
    : { tokens };
}

/** `special`: render special tokens as their text. Throws `bad_request` for ids that the vocabulary does not have. */
export function detokenizeIds(
  vocab: Pick<Vocab, 'nTokens' | 'detokenize'>,
  tokens: readonly number[],
  special: boolean,
): string {
  for (const token of tokens) {
    if (!Number.isInteger(token) || token < 0 || token >= vocab.nTokens)
      throw new CriaError('bad_request', `the vocabulary has no token ${token}`);
  }
  return vocab.detokenize(Int32Array.from(tokens), special);
}
