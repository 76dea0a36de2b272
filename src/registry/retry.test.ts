import { expect, it } from 'vitest';
import { PassingFailure } from './failure.ts';
import { retry } from './retry.ts';

const options = { maxAttempts: 3, backoffMs: 0, signal: new AbortController().signal, random: () => 0.5 };

it('tries again while failures pass, then says why it gave up', async () => {
  let n = 0;
  const attempt = async (): Promise<number> => {
    if (++n < 3) throw new PassingFailure(`failure ${n}`);
    return n;
  };
  expect(await retry(attempt, options)).toBe(3);
  n = -1;
  await expect(retry(attempt, options)).rejects.toMatchObject({
    code: 'upstream',
    message: 'max retries exceeded: failure 2',
  });
});

it('does not count failures before progress', async () => {
  let n = 0;
  const result = await retry(async (progressed) => {
    if (++n === 20) return 'done';
    progressed();
    throw new PassingFailure('again');
  }, options);
  expect(result).toBe('done');
});

it('passes other failures on at once', async () => {
  let n = 0;
  const attempt = async (): Promise<void> => {
    n++;
    throw new Error('broken');
  };
  await expect(retry(attempt, options)).rejects.toThrow('broken');
  expect(n).toBe(1);
});

it('waits longer each time, and no longer than a minute', async () => {
  const pauses: number[] = [];
  const controller = new AbortController();
  const attempt = async (): Promise<void> => {
    throw new PassingFailure('again');
  };
  const onRetry = (_error: unknown, pauseMs: number): void => {
    pauses.push(pauseMs);
  };
  const slow = { ...options, maxAttempts: 100, signal: controller.signal, onRetry, backoffMs: 40_000 };
  const waiting = retry(attempt, slow);
  setTimeout(() => controller.abort(), 10);
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  await expect(retry(attempt, { ...options, onRetry, backoffMs: 1 })).rejects.toThrow('max retries');
  expect(pauses).toEqual([40_000, 1, 2]);
});
