/** Levenshtein distance with an upper bound. */

/**
 * Number of characters to insert, delete or replace to make one text the other; undefined when it is `limit` or more. Only
 * a band of `limit` around the diagonal is computed, so long texts cost length × limit.
 */
export function editDistanceBelow(a: string, b: string, limit: number): number | undefined {
  if (Math.abs(a.length - b.length) >= limit) return undefined;
  const beyond = limit;
  let previous = Array.from({ length: b.length + 1 }, (_, j) => Math.min(j, beyond));
  for (let i = 1; i <= a.length; i++) {
    const current = new Array<number>(b.length + 1).fill(beyond);
    if (i < limit) current[0] = i;
    const from = Math.max(1, i - limit);
    const to = Math.min(b.length, i + limit);
    let best = current[0] ?? beyond;
    for (let j = from; j <= to; j++) {
      const replace = (previous[j - 1] ?? beyond) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const remove = (previous[j] ?? beyond) + 1;
      const insert = (current[j - 1] ?? beyond) + 1;
      const distance = Math.min(replace, remove, insert, beyond);
      current[j] = distance;
      if (distance < best) best = distance;
    }
    if (best >= limit) return undefined;
    previous = current;
  }
  const distance = previous[b.length] ?? beyond;
  return distance < limit ? distance : undefined;
}
