import os from 'node:os';
import { expect, it } from 'vitest';
import { threadsFor } from './threads.ts';

it('gives small models one thread and large ones no more than there are cores', () => {
  expect(threadsFor(1)).toBe(1);
  expect(threadsFor(8 * 2 ** 20)).toBe(1);
  expect(threadsFor(2 ** 40)).toBe(threadsFor(2 ** 41));
  expect(threadsFor(2 ** 40)).toBeGreaterThanOrEqual(1);
});

it('gives what is asked for, as far as it can run at a time', () => {
  expect(threadsFor(2 ** 40, 1)).toBe(1);
  expect(threadsFor(1, 100_000)).toBe(os.availableParallelism());
});
