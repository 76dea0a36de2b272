import { describe, expect, it } from 'vitest';
import { cosineSimilarity, normalized, requireFinite, shortened, splitVectors } from './vectors.ts';

const vector = (...values: number[]): Float32Array => Float32Array.from(values);

describe('shortened', () => {
  it.each<[string, Float32Array, number, Float32Array]>([
    ['whole', vector(3, 4), 0, vector(0.6, 0.8)],
    ['negative means whole', vector(3, 4), -1, vector(0.6, 0.8)],
    ['more than there are means whole', vector(3, 4), 3, vector(0.6, 0.8)],
    ['all', vector(3, 4), 2, vector(0.6, 0.8)],
    ['cut, then brought to length 1 again', vector(3, 4, 12), 2, vector(0.6, 0.8)],
    ['a zero vector stays one', vector(0, 0), 0, vector(0, 0)],
  ])('%s', (_, given, dimensions, expected) => {
    const result = shortened(given, dimensions);
    expect(result.length).toBe(expected.length);
    for (const [i, value] of result.entries()) expect(value).toBeCloseTo(expected[i] ?? 9, 6);
  });
});

it('leaves its input alone', () => {
  const given = vector(3, 4);
  normalized(given);
  expect(given).toEqual(vector(3, 4));
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %d', (value) => {
  expect(() => requireFinite(vector(1, value))).toThrow('embedding contains NaN or Inf values');
});

it.each<[Float32Array, Float32Array, number]>([
  [vector(1, 0), vector(5, 0), 1],
  [vector(1, 0), vector(-2, 0), -1],
  [vector(1, 0), vector(0, 3), 0],
  [vector(0, 0), vector(1, 0), 0],
])('cosine of %j and %j', (a, b, expected) => {
  expect(cosineSimilarity(a, b)).toBeCloseTo(expected, 6);
});

it('splits an answer into its vectors', () => {
  expect(splitVectors(vector(1, 2, 3, 4), 2)).toEqual([vector(1, 2), vector(3, 4)]);
  expect(splitVectors(vector(), 0)).toEqual([]);
});
