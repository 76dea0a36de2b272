import { expect, it } from 'vitest';
import { mapLimit } from './map-limit.ts';

it('keeps the order and the limit', async () => {
  let running = 0;
  let most = 0;
  const results = await mapLimit([5, 1, 4, 2, 3], 2, async (n) => {
    most = Math.max(most, ++running);
    for (let i = 0; i < n; i++) await Promise.resolve();
    running--;
    return n * 10;
  });
  expect(results).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
});

it('starts nothing after a failure', async () => {
  const started: number[] = [];
  const mapped = mapLimit([1, 2, 3, 4], 1, async (n) => {
    started.push(n);
    if (n === 2) throw new Error('two');
  });
  await expect(mapped).rejects.toThrow('two');
  expect(started).toEqual([1, 2]);
});
