/** Finds markers in a text, and the end of a text that may be the beginning of one. */

export interface FoundMarker {
  readonly index: number;
  readonly marker: string;
}

/** The first place of any of the markers; at the same place, the one that is listed first. */
export function firstOf(text: string, markers: readonly string[]): FoundMarker | undefined {
  let first: FoundMarker | undefined;
  for (const marker of markers) {
    const index = text.indexOf(marker);
    if (index >= 0 && (first === undefined || index < first.index)) first = { index, marker };
  }
  return first;
}

/** The longest proper beginning of one of the markers that the text ends with; empty when there is none. */
export function partialEnd(text: string, markers: readonly string[]): string {
  const longest = Math.max(0, ...markers.map((marker) => marker.length - 1));
  for (let length = Math.min(text.length, longest); length > 0; length--) {
    const end = text.slice(-length);
    if (markers.some((marker) => marker.length > length && marker.startsWith(end))) return end;
  }
  return '';
}
