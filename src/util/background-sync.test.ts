import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { BackgroundSync } from './background-sync.ts';

const mib = 1024 * 1024;

/** Counts flushes; each ends when `release` is called. */
function fakeFile(): { sync: () => Promise<void>; started: () => number; release: (error?: Error) => void } {
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  let started = 0;
  return {
    sync: () => {
      started += 1;
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    started: () => started,
    release: (error) => {
      const first = waiting.shift();
      if (error === undefined) first?.resolve();
      else first?.reject(error);
    },
  };
}

it('flushes now and then, one flush at a time', async () => {
  const file = fakeFile();
  const sync = new BackgroundSync(file.sync);
  sync.wrote(31 * mib);
  expect(file.started()).toBe(0);
  sync.wrote(mib);
  sync.wrote(100 * mib);
  expect(file.started()).toBe(1);
  file.release();
  await sync.idle();
  sync.wrote(1);
  expect(file.started()).toBe(2);
  file.release();
  await sync.idle();
});

it('lets those who wait share a flush that starts after their call', async () => {
  const file = fakeFile();
  const sync = new BackgroundSync(file.sync);
  sync.wrote(32 * mib);
  let nDone = 0;
  const both = [1, 2].map(() =>
    sync.flush().then(() => {
      nDone += 1;
    }),
  );
  file.release();
  await turn();
  expect([file.started(), nDone]).toEqual([2, 0]);
  file.release();
  await Promise.all(both);
  expect(file.started()).toBe(2);
});

it('tells later what a flush failed with that nobody waited for', async () => {
  const file = fakeFile();
  const sync = new BackgroundSync(file.sync);
  sync.wrote(32 * mib);
  file.release(new Error('EIO'));
  await sync.idle();
  await expect(sync.flush()).rejects.toThrow('EIO');
});
