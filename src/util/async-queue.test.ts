import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AsyncQueue } from './async-queue.ts';

const joinText = { limit: 2, merge: (last: string, next: string) => last + next };

async function drain<T>(queue: AsyncQueue<T>): Promise<T[]> {
  const items: T[] = [];
  for (;;) {
    const result = await queue.next();
    if (result.done) return items;
    items.push(result.value);
  }
}

describe('AsyncQueue', () => {
  it('hands items to waiting consumers in order', async () => {
    const queue = new AsyncQueue<number>();
    const first = queue.next();
    const second = queue.next();
    queue.push(1);
    queue.push(2);
    expect(await first).toEqual({ value: 1, done: false });
    expect(await second).toEqual({ value: 2, done: false });
  });

  it('gives what is waiting before the end and before an error, and the error once', async () => {
    const ended = new AsyncQueue<number>();
    ended.push(1);
    ended.end();
    ended.push(2);
    expect(await drain(ended)).toEqual([1]);

    const failed = new AsyncQueue<number>();
    failed.push(1);
    failed.fail(new Error('broken'));
    failed.fail(new Error('later'));
    expect(await failed.next()).toEqual({ value: 1, done: false });
    await expect(failed.next()).rejects.toThrow('broken');
    expect(await failed.next()).toEqual({ value: undefined, done: true });
  });

  it('settles everybody who waits when it ends or fails', async () => {
    const queue = new AsyncQueue<number>();
    const waits = [queue.next(), queue.next()];
    queue.fail(new Error('broken'));
    expect((await Promise.allSettled(waits)).map((r) => r.status)).toEqual(['rejected', 'fulfilled']);
    const other = new AsyncQueue<number>();
    const wait = other.next();
    other.end();
    expect(await wait).toEqual({ value: undefined, done: true });
  });

  it('joins items beyond the limit where it can', async () => {
    const queue = new AsyncQueue<string>(joinText);
    for (const text of ['a', 'b', 'c', 'd']) queue.push(text);
    expect(queue.size).toBe(2);
    queue.end();
    expect(await drain(queue)).toEqual(['a', 'bcd']);

    const apart = new AsyncQueue<string>({ limit: 1, merge: () => undefined });
    for (const text of ['a', 'b']) apart.push(text);
    apart.end();
    expect(await drain(apart)).toEqual(['a', 'b']);
  });

  it('drops what is waiting, an error too', async () => {
    const queue = new AsyncQueue<string>();
    queue.push('a');
    queue.fail(new Error('broken'));
    queue.clear();
    expect(queue.size).toBe(0);
    expect(await drain(queue)).toEqual([]);
  });

  it('never loses or reorders text, whatever the pace of the consumer', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string({ minLength: 1 }), fc.constant('take'))),
        async (steps) => {
          const queue = new AsyncQueue<string>(joinText);
          let pushed = '';
          let taken = '';
          for (const step of steps) {
            if (step === 'take') {
              if (queue.size === 0) continue;
              const result = await queue.next();
              taken += result.value ?? '';
            } else {
              queue.push(step);
              pushed += step;
              expect(queue.size).toBeLessThanOrEqual(joinText.limit);
            }
          }
          queue.end();
          expect(taken + (await drain(queue)).join('')).toBe(pushed);
        },
      ),
    );
  });

  it('keeps order over many items that are taken late', async () => {
    const queue = new AsyncQueue<number>();
    const items = Array.from({ length: 5000 }, (_, i) => i);
    for (const item of items) queue.push(item);
    queue.end();
    expect(await drain(queue)).toEqual(items);
  });
});
