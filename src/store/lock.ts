/** Mutual exclusion between the processes that share a store, by tickets. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CriaError, cancelledError } from '../errors.ts';
import { createMutex } from '../util/mutex.ts';
import { raceAbort } from '../util/race-abort.ts';
import { type FoundTicket, isDiskFull, type Ticket, type TicketBox } from './tickets.ts';

export interface StoreLock {
  /**
   * Runs a section while no other one runs, in whatever process. Sections are short: they change manifests and delete
   * blobs. Not to be called from within a section. Throws `cancelled`, and `server_busy` when another process does not
   * come to an end.
   */
  run<T>(section: () => Promise<T>, options?: { readonly signal?: AbortSignal }): Promise<T>;
}

/** Sections take milliseconds, the deletion of hundreds of files a second. */
const defaultLimitMs = 30_000;

export function createStoreLock(box: TicketBox, options: { readonly limitMs?: number } = {}): StoreLock {
  const mutex = createMutex();
  const limitMs = options.limitMs ?? defaultLimitMs;
  return {
    run: async (section, { signal = new AbortController().signal } = {}) => {
      let begin = (): void => {};
      const begun = new Promise<void>((resolve) => {
        begin = resolve;
      });
      const turn = mutex.run(async () => {
        begin();
        const ticket = await acquireUnlessFull(box, { signal, limitMs });
        try {
          return await section();
        } finally {
          await ticket?.remove();
        }
      });
      turn.catch(() => {}); // met below, unless its caller has given up by then
      await raceAbort(begun, signal);
      return turn;
    },
  };
}

/** Undefined on a disk so full that it takes no further file: models must be deletable then, and others cannot add any. */
async function acquireUnlessFull(
  box: TicketBox,
  options: { readonly signal: AbortSignal; readonly limitMs: number },
): Promise<Ticket | undefined> {
  try {
    return await acquire(box, 'store', options);
  } catch (error) {
    if (isDiskFull(error)) return undefined;
    throw error;
  }
}

/**
 * Waits until a ticket of this purpose is the only one. One who sees another's ticket takes his own away and tries again
 * later; the oldest leaves it there, so that it is his turn next. Two owners at a time are impossible: each has looked after
 * its ticket was there, and the later one saw the earlier one's. Without `limitMs` it waits as long as the others live.
 */
export async function acquire(
  box: TicketBox,
  purpose: string,
  { signal, limitMs }: { readonly signal: AbortSignal; readonly limitMs?: number },
): Promise<Ticket> {
  const startedAt = performance.now();
  let ticket: Ticket | undefined;
  for (let attempt = 0; ; attempt++) {
    try {
      if (signal.aborted) throw cancelledError();
      ticket ??= await box.add(purpose);
      const { name } = ticket;
      const others = (await box.list()).filter((other) => other.purpose === purpose && other.name !== name);
      const [oldest] = others;
      if (oldest === undefined) return ticket;
      const waitedMs = performance.now() - startedAt;
      if (limitMs !== undefined && waitedMs > limitMs) throw busy(oldest, waitedMs);
      if (oldest.name < name) {
        await ticket.remove();
        ticket = undefined;
      }
      await pause(attempt, signal);
    } catch (error) {
      await ticket?.remove();
      throw error;
    }
  }
}

/** From a few milliseconds to a tenth of a second or so, at random, so that two do not meet again and again. */
async function pause(attempt: number, signal: AbortSignal): Promise<void> {
  const ms = Math.min(2 * 1.5 ** attempt, 100) * (0.5 + Math.random());
  await sleep(ms, undefined, { signal }).catch(() => {}); // the caller looks at the signal
}

function busy({ owner }: FoundTicket, waitedMs: number): CriaError {
  const seconds = Math.round(waitedMs / 1000);
  const [host = ''] = owner.machine.split('.');
  return new CriaError(
    'server_busy',
    `the model store has been locked by process ${owner.pid} on ${host} for ${seconds} seconds; try again when it is done`,
    { data: { pid: owner.pid, host } },
  );
}
