/** Inputs as tokens: special tokens, pairs, what is cut and what may not be. */
import { describe, expect, it } from 'vitest';
import type { EmbedInput } from '../protocol/messages.ts';
import { type EmbedVocab, prepareInput } from './embed-input.ts';

const bos = 1;
const eos = 2;
const sep = 3;

/** A token is the code of a character; `adds` names the special tokens that the model's metadata ask for. */
function vocab(...adds: ('bos' | 'eos' | 'sep')[]): EmbedVocab {
  const has = (name: 'bos' | 'eos' | 'sep'): boolean => adds.includes(name);
  return {
    bosToken: bos,
    eosToken: has('eos') ? eos : -1,
    sepToken: has('sep') ? sep : -1,
    addsBos: has('bos'),
    addsEos: has('eos'),
    addsSep: has('sep'),
    isWordPiece: !has('eos'),
    tokenize: (text, { addSpecial }) => {
      const tokens = [...text].map((c) => c.charCodeAt(0));
      if (!addSpecial) return Int32Array.from(tokens);
      const end = has('eos') ? [eos] : has('sep') ? [sep] : [];
      return Int32Array.from([...(has('bos') ? [bos] : []), ...tokens, ...end]);
    },
  };
}

const bert = vocab('bos', 'sep');
const roberta = vocab('bos', 'eos', 'sep');
const llama = vocab('bos');
const text = (value: string, tail?: string): EmbedInput => ({
  type: 'text',
  text: value,
  addSpecial: true,
  ...(tail === undefined ? {} : { tail }),
});
const plain = (value: string, tail?: string): EmbedInput =>
  ({ ...text(value, tail), addSpecial: false }) as EmbedInput;
const pair = (query: string, document: string): EmbedInput => ({ type: 'pair', query, document });

/** Special tokens as digits, characters as themselves. */
function show(tokens: Int32Array): string {
  return Array.from(tokens, (token) => (token < 10 ? `${token}` : String.fromCharCode(token))).join('');
}

it.each<[string, EmbedVocab, EmbedInput, number, string]>([
  ['a text', bert, text('abc'), 8, '1abc3'],
  ['an empty text', bert, text(''), 8, '13'],
  ['a text that just fits', bert, text('abcdef'), 8, '1abcdef3'],
  ['a long text keeps its end token', bert, text('abcdefghij'), 8, '1abcdef3'],
  ['a long text without one', llama, text('abcdefghij'), 8, '1abcdefg'],
  ['a long text keeps its tail', llama, plain('abcdefghijXY', 'XY'), 8, 'abcdefXY'],
  ['tail and end token', bert, text('abcdefghijXY', 'XY'), 8, '1abcdXY3'],
  ['a pair for BERT', bert, pair('q', 'doc'), 9, '1q3doc3'],
  ['a pair for RoBERTa', roberta, pair('q', 'doc'), 9, '1q23doc2'],
  ['a pair without separators', llama, pair('q', 'doc'), 9, '1qdoc'],
  ['a long pair loses the end of the document', bert, pair('q', 'document'), 8, '1q3docu3'],
  ['a long query leaves the document as it is', bert, pair('question', 'doc'), 11, '1quest3doc3'],
  ['two long texts share the room', bert, pair('question', 'doc'), 7, '1qu3do3'],
  ['the longer one has the odd token', bert, pair('question', 'doc'), 8, '1que3do3'],
])('%s', (_, model, input, most, expected) => {
  for (const limits of [
    { nCtx: most, nBatch: 512 },
    { nCtx: 512, nBatch: most },
  ])
    expect(show(prepareInput(model, input, limits, true).tokens)).toBe(expected);
});

it("knows a pair's first text", () => {
  const limits = { nCtx: 512, nBatch: 512 };
  expect(prepareInput(bert, pair('qu', 'doc'), limits, true).nFirst).toBe('1qu3'.length);
  expect(prepareInput(roberta, pair('qu', 'doc'), limits, true).nFirst).toBe('1qu23'.length);
  expect(prepareInput(bert, pair('question', 'doc'), { nCtx: 6, nBatch: 512 }, true).nFirst).toBe(
    '1qu3'.length,
  );
  expect(prepareInput(bert, text('doc'), limits, true).nFirst).toBe('1doc3'.length);
});

it('separates once where the separator is called the end of a text, too', () => {
  const model = { ...bert, eosToken: sep, addsEos: true };
  expect(show(prepareInput(model, pair('q', 'doc'), { nCtx: 64, nBatch: 64 }, true).tokens)).toBe('1q3doc3');
});

describe('errors', () => {
  it.each<[string, EmbedVocab, EmbedInput, { nCtx: number; nBatch: number }, boolean, string, string]>([
    ['no tokens', vocab(), text(''), { nCtx: 8, nBatch: 8 }, true, 'bad_request', 'the input has no tokens'],
    [
      'longer than the context',
      bert,
      text('abcdefghij'),
      { nCtx: 8, nBatch: 512 },
      false,
      'context_exceeded',
      'the input length exceeds the context length',
    ],
    [
      'longer than a batch',
      bert,
      text('abcdefghij'),
      { nCtx: 512, nBatch: 8 },
      false,
      'context_exceeded',
      'the input has 12 tokens, but a batch takes 8: raise num_batch, or let the input be truncated',
    ],
    [
      'no room for anything',
      bert,
      text('abcdefghij'),
      { nCtx: 2, nBatch: 512 },
      true,
      'context_exceeded',
      'input after truncation exceeds maximum context length',
    ],
    [
      'no room in a batch',
      bert,
      text('abcdefghij'),
      { nCtx: 512, nBatch: 2 },
      true,
      'context_exceeded',
      'input exceeds maximum context length and cannot be truncated further',
    ],
  ])('%s', (_, model, input, limits, truncate, code, message) => {
    expect(() => prepareInput(model, input, limits, truncate)).toThrow(
      expect.objectContaining({ code, message }),
    );
  });
});
