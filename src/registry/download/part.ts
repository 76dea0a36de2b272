/** The parts that a blob is fetched in. */

export interface Part {
  /** 0-based; names the part's file. */
  readonly index: number;
  /** In the blob. */
  readonly offset: number;
  readonly size: number;
  /** Bytes from `offset` on that are in the partial file. */
  completed: number;
  /** Put together by more than one attempt, or by an earlier process: the first to be doubted when the digest is wrong. */
  isPatched: boolean;
}

export function isComplete(part: Part): boolean {
  return part.completed === part.size;
}

/** As many parts as `count` says, unless they became too small or too large; the last one is shorter. */
export function planParts(
  totalBytes: number,
  {
    count,
    minBytes,
    maxBytes,
  }: { readonly count: number; readonly minBytes: number; readonly maxBytes: number },
): Part[] {
  const size = Math.min(Math.max(Math.floor(totalBytes / count), minBytes), maxBytes);
  const parts: Part[] = [];
  for (let offset = 0; offset < totalBytes; offset += size)
    parts.push({
      index: parts.length,
      offset,
      size: Math.min(size, totalBytes - offset),
      completed: 0,
      isPatched: false,
    });
  return parts;
}

export function completedBytes(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.completed, 0);
}

/** How much of the blob is there without a gap, from its beginning. */
export function contiguousBytes(parts: readonly Part[]): number {
  let end = 0;
  for (const part of parts) {
    end += part.completed;
    if (!isComplete(part)) break;
  }
  return end;
}
