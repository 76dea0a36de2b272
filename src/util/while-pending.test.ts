import { expect, it } from 'vitest';
import { whilePending } from './while-pending.ts';

async function count(promise: Promise<unknown>): Promise<number> {
  let n = 0;
  for await (const _ of whilePending(promise, 1)) n++;
  return n;
}

it('yields until the promise is fulfilled', async () => {
  expect(await count(Promise.resolve())).toBe(0);
  expect(await count(new Promise((resolve) => setTimeout(resolve, 30)))).toBeGreaterThan(0);
});

it('throws what the promise is rejected with', async () => {
  await expect(count(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});

it('can be left', async () => {
  for await (const _ of whilePending(new Promise(() => {}), 1)) break;
});
