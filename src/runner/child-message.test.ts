import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChildMessage } from '../protocol/messages.ts';
import { checkChildMessage } from './child-message.ts';

const error = { code: 'internal', message: 'no' } as const;
const stats = {
  promptTokens: 1,
  cachedTokens: 0,
  promptDurationNs: 1,
  generatedTokens: 1,
  generationDurationNs: 1,
};
const info = {
  nCtx: 1,
  nSlots: 1,
  nBatch: 1,
  nThreads: 1,
  nVocab: 1,
  nEmbd: 1,
  bosToken: -1,
  eosToken: -1,
  addsBos: false,
  addsEos: false,
  canShift: true,
  sizeBytes: 1,
  sizeVramBytes: 0,
  device: 'CPU',
  llamaVersion: 'x',
};

describe('checkChildMessage', () => {
  it.each<ChildMessage>([
    { type: 'ready', protocolVersion: 1 },
    { type: 'loadProgress', fraction: 0.5 },
    { type: 'loaded', info },
    { type: 'loaded', info: { ...info, embedding: { pooling: 'mean', nOutput: 4, maxInputTokens: 8 } } },
    { type: 'loadFailed', error },
    { type: 'step', events: [] },
    {
      type: 'step',
      events: [
        { id: 1, type: 'tokens', text: '' },
        { id: 1, type: 'tokens', text: 'a', logprobs: [{ token: 'a', logprob: -1, bytes: [97] }] },
        { id: 2, type: 'finish', reason: 'length', stats, tokens: [1] },
        { id: 3, type: 'error', error },
      ],
    },
    { type: 'result', id: 1, value: { type: 'text', text: '' } },
    { type: 'result', id: 1, value: { type: 'tokens', tokens: [1], pieces: [new Uint8Array([97])] } },
    { type: 'result', id: 1, value: { type: 'embeddings', vectors: new Float32Array(4), promptTokens: 3 } },
    { type: 'failed', id: 1, error },
  ])('passes $type', (message) => {
    expect(checkChildMessage(message)).toBe(message);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'ready'],
    ['an unknown type', { type: 'hello' }],
    ['no version', { type: 'ready' }],
    ['an incomplete info', { type: 'loaded', info: { ...info, nCtx: undefined } }],
    ['an info with NaN', { type: 'loaded', info: { ...info, sizeBytes: Number.NaN } }],
    ['an incomplete embedding info', { type: 'loaded', info: { ...info, embedding: { pooling: 'mean' } } }],
    [
      'vectors that are none',
      { type: 'result', id: 1, value: { type: 'embeddings', vectors: [1], promptTokens: 3 } },
    ],
    ['no info', { type: 'loaded' }],
    ['a text for an error', { type: 'loadFailed', error: 'no' }],
    ['no events', { type: 'step' }],
    ['an event without id', { type: 'step', events: [{ type: 'tokens', text: '' }] }],
    ['tokens without text', { type: 'step', events: [{ id: 1, type: 'tokens' }] }],
    [
      'logprobs that are no list',
      { type: 'step', events: [{ id: 1, type: 'tokens', text: '', logprobs: 1 }] },
    ],
    ['an unknown reason', { type: 'step', events: [{ id: 1, type: 'finish', reason: 'tired', stats }] }],
    ['no counts', { type: 'step', events: [{ id: 1, type: 'finish', reason: 'stop' }] }],
    ['an unknown event', { type: 'step', events: [{ id: 1, type: 'dance' }] }],
    ['an unknown value', { type: 'result', id: 1, value: { type: 'image' } }],
    ['a result for nobody', { type: 'result', value: { type: 'text', text: '' } }],
  ])('refuses %s', (_, message) => {
    expect(checkChildMessage(message)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom('step', 'loaded', 'result', 'failed'), (value, type) => {
        checkChildMessage(value);
        checkChildMessage({ type, events: value, info: value, value, error: value, id: 1 });
        checkChildMessage({ type, events: [value] });
      }),
    );
  });
});
