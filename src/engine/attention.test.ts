import { describe, expect, it } from 'vitest';
import { chooseAttention } from './attention.ts';

const asked = { flashAttention: -1, kvCacheType: 'f16', nUbatch: 512 } as const;
const small = 1e6;

describe('chooseAttention', () => {
  it('makes small models exact', () => {
    expect(chooseAttention(asked, small, false)).toEqual({
      flashAttention: 0,
      kvCacheType: 'f32',
      nUbatch: 128,
      keepsIdle: false,
    });
    expect(chooseAttention({ ...asked, nUbatch: 64 }, small, false).nUbatch).toBe(64);
  });

  it.each([
    ['a large model', asked, 1e9, false],
    ['a GPU', asked, small, true],
    ['flash attention that was asked for', { ...asked, flashAttention: 1 as const }, small, false],
    ['a cache type that was asked for', { ...asked, kvCacheType: 'q8_0' }, small, false],
  ])('leaves %s as asked', (_, spec, weightBytes, usesGpu) => {
    expect(chooseAttention(spec, weightBytes, usesGpu)).toEqual({
      ...spec,
      keepsIdle: true,
    });
  });
});
