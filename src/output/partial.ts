/** Finds the end of a text that may be the beginning of a marker. */

/** Length of the longest proper prefix of `marker` that `text` ends with; 0 = none. */
export function partialSuffix(text: string, marker: string): number {
  for (let length = Math.min(text.length, marker.length - 1); length > 0; length--) {
    if (text.endsWith(marker.slice(0, length))) return length;
  }
  return 0;
}
