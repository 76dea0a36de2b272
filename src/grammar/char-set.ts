/** Sets of Unicode code points, as sorted ranges. */

/** Inclusive ranges, ascending, neither touching nor overlapping. */
export type CharSet = readonly (readonly [first: number, last: number])[];

const lastCodePoint = 0x10ffff;

/** Everything that a string can hold: all code points but surrogates. */
export const anyChar: CharSet = [
  [0, 0xd7ff],
  [0xe000, lastCodePoint],
];

export const noChar: CharSet = [];

export function charSet(...characters: readonly string[]): CharSet {
  return unite(...characters.map((character) => single(character.codePointAt(0) ?? 0)));
}

export function single(codePoint: number): CharSet {
  return [[codePoint, codePoint]];
}

export function range(first: number, last: number): CharSet {
  return intersect([[first, last]], anyChar);
}

export function unite(...sets: readonly CharSet[]): CharSet {
  const sorted = sets.flat().sort(([a], [b]) => a - b);
  const out: [number, number][] = [];
  for (const [first, last] of sorted) {
    const previous = out.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else out.push([first, last]);
  }
  return out;
}

export function intersect(a: CharSet, b: CharSet): CharSet {
  const out: [number, number][] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const [firstA, lastA] = a[i]!;
    const [firstB, lastB] = b[j]!;
    const first = Math.max(firstA, firstB);
    const last = Math.min(lastA, lastB);
    if (first <= last) out.push([first, last]);
    if (lastA < lastB) i++;
    else j++;
  }
  return out;
}

/** All characters that are not in the set; surrogates are no characters. */
export function complement(set: CharSet): CharSet {
  const out: [number, number][] = [];
  let next = 0;
  for (const [first, last] of set) {
    if (first > next) out.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= lastCodePoint) out.push([next, lastCodePoint]);
  return intersect(out, anyChar);
}

export function subtract(a: CharSet, b: CharSet): CharSet {
  return intersect(a, complement(b));
}

export function hasChar(set: CharSet, codePoint: number): boolean {
  return set.some(([first, last]) => first <= codePoint && codePoint <= last);
}

export function sizeOf(set: CharSet): number {
  return set.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}
