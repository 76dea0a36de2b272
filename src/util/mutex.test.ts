import { expect, it } from 'vitest';
import { createMutex } from './mutex.ts';

it('runs sections in order, one at a time, also after a failure', async () => {
  const mutex = createMutex();
  const events: string[] = [];
  const section = (name: string, fails = false) =>
    mutex.run(async () => {
      events.push(`${name} begins`);
      await Promise.resolve();
      if (fails) throw new Error(name);
      events.push(`${name} ends`);
      return name;
    });
  const results = await Promise.allSettled([section('a'), section('b', true), section('c')]);
  expect(events).toEqual(['a begins', 'a ends', 'b begins', 'c begins', 'c ends']);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
