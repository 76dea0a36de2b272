/** One input of an embedding request as token ids that fit. */
import { CriaError } from '../errors.ts';
import type { Vocab } from '../native/vocab.ts';
import type { EmbedInput } from '../protocol/messages.ts';

export type EmbedVocab = Pick<
  Vocab,
  'bosToken' | 'eosToken' | 'sepToken' | 'addsBos' | 'addsEos' | 'addsSep' | 'isWordPiece' | 'tokenize'
>;

export interface PreparedInput {
  readonly tokens: Int32Array; // at least 1
  /** Tokens of the first of two texts; all of them where there is one. */
  readonly nFirst: number;
}

export interface EmbedLimits {
  /** Context length of the model, as loaded. */
  readonly nCtx: number;
  /** Most tokens of a batch; a sequence is never divided. */
  readonly nBatch: number;
}

/** Throws `context_exceeded`, and `bad_request` for what has no tokens. */
export function prepareInput(
  vocab: EmbedVocab,
  input: EmbedInput,
  limits: EmbedLimits,
  truncate: boolean,
): PreparedInput {
  const most = Math.min(limits.nCtx, limits.nBatch);
  if (input.type === 'pair') return preparePair(vocab, input, limits, truncate);
  const tokens = vocab.tokenize(input.text, { addSpecial: input.addSpecial, parseSpecial: true });
  if (tokens.length === 0) throw new CriaError('bad_request', 'the input has no tokens');
  if (tokens.length <= most) return { tokens, nFirst: tokens.length };
  if (!truncate) throw tooLong(tokens.length, limits);
  return { tokens: cut(tokens, limits, tailLength(vocab, input, tokens)), nFirst: most };
}

/**
 * The form of cross-encoders: `<s> query </s></s> document </s>` (XLM-RoBERTa) or `[CLS] query [SEP] document [SEP]` (BERT).
 * llama-server's `format_prompt_rerank` builds the same, but leaves the last [SEP] of BERT out.
 */
function preparePair(
  vocab: EmbedVocab,
  input: Extract<EmbedInput, { type: 'pair' }>,
  limits: EmbedLimits,
  truncate: boolean,
): PreparedInput {
  const plain = { addSpecial: false, parseSpecial: false };
  const query = vocab.tokenize(input.query, plain);
  const document = vocab.tokenize(input.document, plain);
  const begin = vocab.addsBos && vocab.bosToken >= 0 ? [vocab.bosToken] : [];
  const between = betweenPair(vocab);
  const end = endOfPair(vocab);
  const nSpecial = begin.length + between.length + end.length;
  const length = nSpecial + query.length + document.length;
  if (length === 0) throw new CriaError('bad_request', 'the input has no tokens');
  const room = Math.min(limits.nCtx, limits.nBatch) - nSpecial;
  const isTooLong = query.length + document.length > room;
  if (isTooLong && !truncate) throw tooLong(length, limits);
  if (isTooLong && room < 2) throw noRoom(limits);
  const [nQuery, nDocument] = isTooLong
    ? shorten(query.length, document.length, room)
    : [query.length, document.length];
  const first = [...begin, ...query.subarray(0, nQuery), ...between];
  const tokens = Int32Array.from([...first, ...document.subarray(0, nDocument), ...end]);
  return { tokens, nFirst: first.length };
}

/** How much of each of two texts stays: the longer one is cut first, as by transformers' `longest_first`. */
function shorten(
  nQuery: number,
  nDocument: number,
  room: number,
): readonly [query: number, document: number] {
  const half = Math.floor(room / 2);
  if (nQuery <= half) return [nQuery, room - nQuery];
  if (nDocument <= half) return [room - nDocument, nDocument];
  return nQuery > nDocument ? [room - half, half] : [half, room - half];
}

/** Files of BERT may call [SEP] the end of a text as well; it is there once all the same. */
function betweenPair(vocab: EmbedVocab): readonly number[] {
  const hasSeparator = vocab.addsSep && vocab.sepToken >= 0;
  return [
    ...(vocab.addsEos && !(hasSeparator && vocab.isWordPiece) ? endToken(vocab) : []),
    ...(hasSeparator ? [vocab.sepToken] : []),
  ];
}

function endOfPair(vocab: EmbedVocab): readonly number[] {
  return vocab.addsEos || vocab.addsSep ? endToken(vocab) : [];
}

function endToken(vocab: EmbedVocab): readonly number[] {
  const token = vocab.addsEos && vocab.eosToken >= 0 ? vocab.eosToken : vocab.sepToken;
  return token >= 0 ? [token] : [];
}

/** Tokens at the end that must stay: the text's own tail, then the special tokens. */
function tailLength(
  vocab: EmbedVocab,
  { tail = '', addSpecial }: Extract<EmbedInput, { type: 'text' }>,
  tokens: Int32Array,
): number {
  const nTail = tail === '' ? 0 : vocab.tokenize(tail, { addSpecial: false, parseSpecial: true }).length;
  if (!addSpecial) return nTail;
  const specials = vocab.tokenize('', { addSpecial: true, parseSpecial: false });
  let nSpecial = 0;
  while (nSpecial < specials.length && tokens.at(-1 - nSpecial) === specials.at(-1 - nSpecial)) nSpecial++;
  return nTail + nSpecial;
}

function cut(tokens: Int32Array, { nCtx, nBatch }: EmbedLimits, nTail: number): Int32Array {
  const length = Math.min(nCtx, nBatch);
  const nHead = length - nTail;
  // One token would be the one that every sequence begins with.
  if (nHead < 2) throw noRoom({ nCtx, nBatch });
  const kept = new Int32Array(length);
  kept.set(tokens.subarray(0, nHead));
  kept.set(tokens.subarray(tokens.length - nTail), nHead);
  return kept;
}

function noRoom({ nCtx, nBatch }: EmbedLimits): CriaError {
  return new CriaError(
    'context_exceeded',
    nCtx <= nBatch
      ? 'input after truncation exceeds maximum context length'
      : 'input exceeds maximum context length and cannot be truncated further',
  );
}

function tooLong(nTokens: number, { nCtx, nBatch }: EmbedLimits): CriaError {
  const text =
    nTokens > nCtx
      ? 'the input length exceeds the context length'
      : `the input has ${nTokens} tokens, but a batch takes ${nBatch}: raise num_batch, or let the input be truncated`;
  return new CriaError('context_exceeded', text, { data: { promptTokens: nTokens, nCtx, nBatch } });
}
