/** Finds markers, and the end of a text that may be the beginning of one. */

/** Length of the longest proper prefix of `marker` that `text` ends with; 0 = none. */
export function partialSuffix(text: string, marker: string): number {
  for (let length = Math.min(text.length, marker.length - 1); length > 0; length--) {
    if (text.endsWith(marker.slice(0, length))) return length;
  }
  return 0;
}

/** The first place of any of the literals; at the same place, the one that is listed first. */
export function firstOf(
  text: string,
  literals: readonly string[],
): { readonly index: number; readonly literal: string } | undefined {
  let first: { index: number; literal: string } | undefined;
  for (const literal of literals) {
    const index = text.indexOf(literal);
    if (index >= 0 && (first === undefined || index < first.index)) first = { index, literal };
  }
  return first;
}
