import { describe, expect, it } from 'vitest';
import { isCriaError } from '../errors.ts';
import type { SamplingParams } from '../types/sampling.ts';
import { limitSampling } from './sampling-limits.ts';
import { plainSampling } from './testdata/work.ts';

const limits = { nVocab: 100, nCtx: 512 };
const limited = (changes: Partial<SamplingParams>) => limitSampling({ ...plainSampling, ...changes }, limits);

describe('limitSampling', () => {
  it('leaves sensible values alone', () => {
    expect(limited({})).toEqual({ ...plainSampling, dryPenaltyLastN: limits.nCtx });
  });

  it.each<[Partial<SamplingParams>, Partial<SamplingParams>]>([
    [{ repeatLastN: -1 }, { repeatLastN: 512 }],
    [{ repeatLastN: 1e9 }, { repeatLastN: 512 }],
    [{ dryPenaltyLastN: 64 }, { dryPenaltyLastN: 64 }],
    [{ topK: 1e300 }, { topK: 2 ** 31 - 1 }],
    [{ topK: 40.7 }, { topK: 40 }],
    [{ dryAllowedLength: -5 }, { dryAllowedLength: 0 }],
    [{ temperature: Number.POSITIVE_INFINITY }, { temperature: 1e6 }],
    [{ drySequenceBreakers: ['', 'a'] }, { drySequenceBreakers: ['a'] }],
    [
      {
        logitBias: [
          [1, 1e30],
          [2, Number.NEGATIVE_INFINITY],
          [3, -1],
        ],
      },
      {
        logitBias: [
          [1, 1e6],
          [2, Number.NEGATIVE_INFINITY],
          [3, -1],
        ],
      },
    ],
  ])('%j', (given, expected) => {
    expect(limited(given)).toMatchObject(expected);
  });

  it.each<Partial<SamplingParams>>([
    { temperature: Number.NaN },
    { topK: Number.NaN },
    { repeatPenalty: 0 },
    { repeatPenalty: -1 },
    { logitBias: [[100, 1]] },
    { logitBias: [[-1, 1]] },
    { logitBias: [[1.5, 1]] },
    { logitBias: [[1, Number.NaN]] },
    { drySequenceBreakers: Array.from({ length: 33 }, (_, i) => `b${i}`) },
  ])('refuses %j', (changes) => {
    expect(() => limited(changes)).toThrowError(
      expect.toSatisfy((error) => isCriaError(error, 'bad_request')),
    );
  });
});
