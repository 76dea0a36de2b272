/** Asynchronous mapping with a bounded number of calls in flight. */

/** As `Promise.all(items.map(…))`, at most `limit` at a time; after a failure no further call is started. */
export async function mapLimit<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (const [i, item] of queue) {
      if (hasFailed) return;
      try {
        results[i] = await map(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
