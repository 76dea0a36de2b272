/** Arithmetic on embedding vectors. */
import { CriaError } from '../errors.ts';

/** Below this length a vector counts as having it, so that a zero vector stays zero. */
const minLength = 1e-12;

/** The vectors of a runner's answer, one after the other. */
export function splitVectors(all: Float32Array, count: number): Float32Array[] {
  const length = count === 0 ? 0 : all.length / count;
  return Array.from({ length: count }, (_, i) => all.subarray(i * length, (i + 1) * length));
}

/** Throws `bad_request` when a number is none. */
export function requireFinite(vector: Float32Array): void {
  for (const value of vector) {
    if (!Number.isFinite(value)) throw new CriaError('bad_request', 'embedding contains NaN or Inf values');
  }
}

/** A copy of length 1. */
export function normalized(vector: Float32Array): Float32Array {
  const length = Math.max(Math.sqrt(dot(vector, vector)), minLength);
  return vector.map((value) => value / length);
}

/** The first `dimensions` numbers at length 1; 0, and more than there are, mean all. */
export function shortened(vector: Float32Array, dimensions: number): Float32Array {
  const whole = normalized(vector);
  return dimensions > 0 && dimensions < whole.length ? normalized(whole.subarray(0, dimensions)) : whole;
}

/** Of two vectors of one length; -1 to 1. */
export function cosineSimilarity(a: Float32Array, b: Float32Array): number {
  return dot(a, b) / Math.max(Math.sqrt(dot(a, a) * dot(b, b)), minLength);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
