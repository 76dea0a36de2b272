import { describe, expect, it } from 'vitest';
import { isCriaError } from '../errors.ts';
import { cutPrompt, preparePrompt } from './prompt.ts';
import { makeWork, type WorkChanges } from './testdata/work.ts';

const bos = 1;
/** One token a character; `<s>` is special. */
const vocab = {
  nTokens: 200,
  bosToken: bos,
  eosToken: 2,
  addsBos: true,
  piece: (token: number) => Buffer.from(token === bos ? '<s>' : String.fromCharCode(token)),
  tokenize: (text: string, { addSpecial }: { addSpecial: boolean }) =>
    Int32Array.from([...(addSpecial ? [bos] : []), ...text.split('').map((c) => c.charCodeAt(0))]),
};
const codes = (text: string) => text.split('').map((c) => c.charCodeAt(0));

const prepare = (prompt: string | number[], changes: WorkChanges = {}, nCtx = 16) => {
  const prepared = preparePrompt(vocab, makeWork(prompt, changes), nCtx);
  return { ...prepared, tokens: [...prepared.tokens] };
};

describe('preparePrompt', () => {
  it('adds BOS once', () => {
    expect(prepare('ab').tokens).toEqual([bos, ...codes('ab')]);
    expect(prepare('<s>ab').tokens).toEqual([bos, ...codes('ab')]);
    expect(prepare('ab', { addSpecial: false }).tokens).toEqual(codes('ab'));
    expect(prepare('<s>a', { addSpecial: false }).tokens).toEqual(codes('<s>a'));
  });

  it('puts context before the prompt, which then gets no BOS', () => {
    expect(prepare('b', { contextTokens: [bos, 97] }).tokens).toEqual([bos, 97, 98]);
    expect(prepare([98], { contextTokens: [97] }).tokens).toEqual([97, 98]);
  });

  it('begins with BOS when there is nothing', () => {
    expect(prepare('', { addSpecial: false }).tokens).toEqual([bos]);
    expect(() => preparePrompt({ ...vocab, bosToken: -1, eosToken: -1 }, makeWork([]), 16)).toThrowError(
      expect.toSatisfy((error) => isCriaError(error, 'bad_request')),
    );
  });

  it.each([[[200]], [[-1]], [[1.5]], [[Number.NaN]]])('refuses the ids %j', (ids) => {
    expect(() => prepare(ids)).toThrowError(expect.toSatisfy((error) => isCriaError(error, 'bad_request')));
    expect(() => prepare('a', { contextTokens: ids })).toThrow();
  });

  it('leaves a prompt alone that fits with one token to spare', () => {
    const prompt = 'a'.repeat(14);
    expect(prepare(prompt)).toMatchObject({ nBeforeTruncation: undefined, nKeep: 5 });
    expect(prepare(prompt, { nKeep: -1 }).nKeep).toBe(15);
    expect(prepare('ab', { nKeep: 9 }).nKeep).toBe(3);
  });

  it('keeps the beginning and the end of a prompt that is too long', () => {
    const text = 'abcdefghijklmnopqrstuvwxyz';
    const cut = prepare(text, { nKeep: 2 }); // 27 tokens; BOS counts as kept
    expect(cut.nBeforeTruncation).toBe(27);
    expect(cut.tokens).toEqual([bos, ...codes('ab'), ...codes(text.slice(-7))]); // 16 - floor((16 - 3) / 2) = 10
    expect(cut.nKeep).toBe(3);
  });

  it.each([
    [
      { truncate: false },
      'request (27 tokens) exceeds the available context size (16 tokens), try increasing it',
    ],
    [
      { shift: false },
      'the prompt is longer than the context length currently available to the model; shorten the prompt, adjust the context length in settings, or use a model with a longer context length',
    ],
  ])('refuses it with %j', (changes, message) => {
    try {
      prepare('abcdefghijklmnopqrstuvwxyz', changes);
      expect.unreachable();
    } catch (error) {
      expect(isCriaError(error, 'context_exceeded') && error.message).toBe(message);
    }
  });
});

describe('cutPrompt', () => {
  it.each([
    [20, 16, 4, 10, 4],
    [20, 16, 0, 8, 0],
    [20, 16, 20, 15, 15],
    [20, 4, 1, 3, 1],
    [2000, 1024, 5, 515, 5],
  ])('%i tokens into %i, keeping %i', (length, nCtx, nKeep, total, kept) => {
    const tokens = Int32Array.from({ length }, (_, i) => i);
    const cut = cutPrompt(tokens, nCtx, nKeep);
    expect(cut.tokens.length).toBe(total);
    expect(cut.nKeep).toBe(kept);
    expect([...cut.tokens]).toEqual([
      ...tokens.subarray(0, kept),
      ...tokens.subarray(length - (total - kept)),
    ]);
  });
});
