/** A work item's prompt as token ids that fit the context. */
import { CriaError } from '../errors.ts';
import type { Vocab } from '../native/vocab.ts';
import type { GenerateWork } from '../protocol/messages.ts';

export interface PreparedPrompt {
  readonly tokens: Int32Array; // at least 1
  /** Length before it was cut; undefined = not cut. */
  readonly nBeforeTruncation: number | undefined;
  /** Tokens kept at the start when the context shifts. */
  readonly nKeep: number;
}

type PromptVocab = Pick<Vocab, 'nTokens' | 'bosToken' | 'eosToken' | 'addsBos' | 'piece' | 'tokenize'>;

/** Throws `bad_request` and `context_exceeded`. */
export function preparePrompt(vocab: PromptVocab, work: GenerateWork, nCtx: number): PreparedPrompt {
  const tokens = tokenizePrompt(vocab, work);
  const wantedKeep = work.nKeep < 0 ? tokens.length : work.nKeep + (vocab.addsBos ? 1 : 0);
  const limit = nCtx - 1; // room for one generated token at least
  if (tokens.length <= limit) {
    return { tokens, nBeforeTruncation: undefined, nKeep: Math.min(wantedKeep, tokens.length) };
  }
  if (!work.truncate)
    throw new CriaError(
      'context_exceeded',
      `request (${tokens.length} tokens) exceeds the available context size (${nCtx} tokens), try increasing it`,
      { data: { promptTokens: tokens.length, nCtx } },
    );
  if (!work.shift)
    throw new CriaError(
      'context_exceeded',
      'the prompt is longer than the context length currently available to the model; shorten the prompt, adjust the context length in settings, or use a model with a longer context length',
      { data: { promptTokens: tokens.length, nCtx } },
    );
  return { ...cutPrompt(tokens, nCtx, wantedKeep), nBeforeTruncation: tokens.length };
}

/** Keeps the first `nKeep` tokens and the end, so that half of the rest of the context is free for the answer. */
export function cutPrompt(
  tokens: Int32Array,
  nCtx: number,
  nKeep: number,
): { tokens: Int32Array; nKeep: number } {
  const total = nCtx - Math.max(Math.floor((nCtx - nKeep) / 2), 1);
  const head = Math.min(nKeep, total);
  const cut = new Int32Array(total);
  cut.set(tokens.subarray(0, head));
  cut.set(tokens.subarray(tokens.length - (total - head)), head);
  return { tokens: cut, nKeep: head };
}

function tokenizePrompt(vocab: PromptVocab, work: GenerateWork): Int32Array {
  const context = checkTokens(vocab, work.contextTokens ?? []);
  if (typeof work.prompt !== 'string')
    return nonEmpty(vocab, concat(context, checkTokens(vocab, work.prompt)));

  // The context begins with a BOS already, if the model uses one.
  const addSpecial = work.addSpecial && context.length === 0;
  let text = work.prompt;
  if (addSpecial && vocab.addsBos && vocab.bosToken >= 0) {
    const bos = Buffer.from(vocab.piece(vocab.bosToken)).toString('utf8');
    if (bos !== '' && text.startsWith(bos)) text = text.slice(bos.length);
  }
  return nonEmpty(vocab, concat(context, vocab.tokenize(text, { addSpecial, parseSpecial: true })));
}

/** A model cannot go on from nothing; without a prompt it begins as it was trained to. */
function nonEmpty(vocab: PromptVocab, tokens: Int32Array): Int32Array {
  if (tokens.length > 0) return tokens;
  const start = vocab.bosToken >= 0 ? vocab.bosToken : vocab.eosToken;
  if (start < 0) throw new CriaError('bad_request', 'the prompt is empty');
  return Int32Array.of(start);
}

function checkTokens(vocab: PromptVocab, tokens: readonly number[]): Int32Array {
  for (const token of tokens) {
    if (!Number.isInteger(token) || token < 0 || token >= vocab.nTokens)
      throw new CriaError('bad_request', `the vocabulary has no token ${token}`);
  }
  return Int32Array.from(tokens);
}

function concat(a: Int32Array, b: Int32Array): Int32Array {
  if (a.length === 0) return b;
  const all = new Int32Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
