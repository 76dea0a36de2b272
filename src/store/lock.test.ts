import { chmod, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ProcessIdentity, thisProcess } from '../util/process-identity.ts';
import { acquire, createStoreLock } from './lock.ts';
import { createTicketBox, type TicketBox } from './tickets.ts';

const me = thisProcess();
const dead: ProcessIdentity = { ...me, pid: 2 ** 22 + 1, start: '1' };
const elsewhere: ProcessIdentity = { ...me, machine: 'other-host.1', boot: 'abc' };

let notes: string;
beforeEach(async () => {
  notes = await mkdtemp(path.join(tmpdir(), 'cria-lock-'));
});
afterEach(() => rm(notes, { recursive: true }));

/** A box as another process would have it. */
const box = (owner?: ProcessIdentity): TicketBox =>
  createTicketBox({ notes }, owner === undefined ? {} : { owner });
const tickets = (): Promise<string[]> => readdir(path.join(notes, 'tickets'));

describe('a store lock', () => {
  it('runs one section at a time, whoever asks', async () => {
    const locks = Array.from({ length: 4 }, () => createStoreLock(box()));
    let nInside = 0;
    let nDone = 0;
    const section = async (): Promise<void> => {
      expect(++nInside).toBe(1);
      await sleep(1);
      nInside--;
      nDone++;
    };
    await Promise.all(locks.flatMap((lock) => Array.from({ length: 8 }, () => lock.run(section))));
    expect(nDone).toBe(32);
    expect(await tickets()).toEqual([]);
  });

  it('is free again after a section that fails', async () => {
    const lock = createStoreLock(box());
    await expect(lock.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await lock.run(async () => 'fine')).toBe('fine');
  });

  it('does not wait for the dead', async () => {
    await box(dead).add('store');
    expect(await createStoreLock(box()).run(async () => (await tickets()).length)).toBe(1);
  });

  it('names the living that it has waited for too long', async () => {
    await box().add('store');
    const lock = createStoreLock(box(), { limitMs: 20 });
    await expect(lock.run(async () => {})).rejects.toMatchObject({
      code: 'server_busy',
      message: expect.stringContaining(`locked by process ${process.pid}`),
    });
    expect(await tickets()).toHaveLength(1);
  });

  it.each(['in another process', 'in this one'])(
    'stops waiting for a section %s when told to',
    async (where) => {
      const lock = createStoreLock(box());
      const other = where === 'in this one' ? lock : createStoreLock(box());
      let end = (): void => {};
      let running: Promise<void> = Promise.resolve();
      await new Promise<void>((started) => {
        running = other.run(
          () =>
            new Promise<void>((resolve) => {
              end = resolve;
              started();
            }),
        );
      });
      const abort = new AbortController();
      const waiting = lock.run(async () => expect.unreachable(), { signal: abort.signal });
      setTimeout(() => abort.abort(), 10);
      await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
      end();
      await running;
      expect(await lock.run(async () => 'next')).toBe('next');
    },
  );

  it('believes a process of another machine for as long as it stirs', async () => {
    await box(elsewhere).add('store');
    const lock = createStoreLock(box(), { limitMs: 20 });
    await expect(lock.run(async () => {})).rejects.toMatchObject({ code: 'server_busy' });
    const [name = ''] = await tickets();
    const longAgo = new Date(Date.now() - 200_000);
    await utimes(path.join(notes, 'tickets', name), longAgo, longAgo);
    expect(await lock.run(async () => 'mine')).toBe('mine');
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'says when the store is read-only',
    async () => {
      await chmod(notes, 0o555);
      const locked = createStoreLock(box()).run(async () => {});
      await expect(locked).rejects.toMatchObject({
        message: `the model store cannot be written: ${notes} (EACCES)`,
      });
      await chmod(notes, 0o755);
    },
  );

  it('lets models be deleted on a disk that takes no further file', async () => {
    const full: TicketBox = {
      ...box(),
      add: async () => {
        throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      },
    };
    expect(await createStoreLock(full).run(async () => 'deleted')).toBe('deleted');
  });

  it('leaves files alone that are no tickets', async () => {
    const lock = createStoreLock(box());
    await lock.run(async () => {});
    await writeFile(path.join(notes, 'tickets', 'store~README'), '');
    await lock.run(async () => {});
    expect(await tickets()).toEqual(['store~README']);
  });
});

it('other purposes do not get into the way', async () => {
  const signal = new AbortController().signal;
  const digits = 'a'.repeat(64);
  const first = await acquire(box(), `fetch-${digits}`, { signal });
  const second = await acquire(box(), `fetch-${digits.replace('a', 'b')}`, { signal });
  const store = await acquire(box(), 'store', { signal });
  expect(await tickets()).toHaveLength(3);
  for (const ticket of [first, second, store]) await ticket.remove();
});
