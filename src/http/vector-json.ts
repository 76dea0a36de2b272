/** Writes vectors as Go writes float32: each number with as many digits as it takes to tell it from its neighbours. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Numbers that are written before others get their turn; about 20 ms of work. */
const numbersAtOnce = 100_000;

/** `[…]`. */
export function vectorJson(vector: Float32Array): string {
  return JSON.stringify(Array.from(vector, shortDouble));
}

/** `[[…],…]`. Long lists are written in pieces, so that they don't hold up the whole server. */
export async function vectorsJson(vectors: readonly Float32Array[]): Promise<string> {
  const parts: string[] = [];
  let nSince = 0;
  for (const vector of vectors) {
    if (nSince >= numbersAtOnce) {
      nSince = 0;
      await nextTurn();
    }
    parts.push(vectorJson(vector));
    nSince += vector.length;
  }
  return `[${parts.join(',')}]`;
}

/** The double with the fewest decimal digits that rounds to the same float32: JSON writes no more digits than those. */
export function shortDouble(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  for (let digits = 6; digits <= 9; digits++) {
    const power = digits - 1 - exponent;
    // Powers of ten up to 22 are exact; beyond them the decimal text is made the slow way.
    if (power < 0 || power > 22) return slowShortDouble(value);
    const scale = 10 ** power;
    const short = Math.round(value * scale) / scale;
    if (Math.fround(short) === value) return short;
  }
  return value;
}

function slowShortDouble(value: number): number {
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
