/**
 * Tickets: files by which the processes that share a store tell each other what they are doing. A ticket's name says what it
 * is for and whose it is, no two are ever named alike, and so anybody may delete that of a dead process without the risk of
 * hitting a living one's.
 */
import { randomInt } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { CriaError, toCriaError } from '../errors.ts';
import { livenessOf, type ProcessIdentity, thisProcess } from '../util/process-identity.ts';
import { isMissing, readBounded } from './files.ts';
import type { StorePaths } from './paths.ts';

/** A ticket of this process. */
export interface Ticket {
  readonly name: string;
  /** Ends it; may be called twice. */
  remove(): Promise<void>;
}

/** A ticket of whoever. */
export interface FoundTicket {
  readonly name: string;
  /** e.g. `store`, `hold`, `fetch-<64 hex>`. */
  readonly purpose: string;
  readonly owner: ProcessIdentity;
}

export interface TicketBox {
  /** Adds a ticket; `content` is for whoever reads it. Older ones sort before younger ones of the same purpose. */
  add(purpose: string, content?: string): Promise<Ticket>;
  /** All tickets whose owners live. Those of dead owners are deleted on the way. */
  list(): Promise<readonly FoundTicket[]>;
  /** Empty when it has gone. */
  read(ticket: FoundTicket): Promise<string>;
}

export interface TicketBoxOptions {
  /** Other identities for tests. */
  readonly owner?: ProcessIdentity;
}

/** An owner of whom nothing else is known has to stir this often; ten times it is given. */
const heartbeatMs = 10_000;
const silentMs = 10 * heartbeatMs;
const maxContentBytes = 8 * 1024 * 1024;

export function createTicketBox(
  { notes }: Pick<StorePaths, 'notes'>,
  options: TicketBoxOptions = {},
): TicketBox {
  /** Created when the first ticket is. */
  const directory = path.join(notes, 'tickets');
  const owner = options.owner ?? thisProcess();
  const own = new Set<string>();
  let heart: NodeJS.Timeout | undefined;
  let count = 0;

  async function add(purpose: string, content = ''): Promise<Ticket> {
    const name = nameOf(purpose, owner, count++);
    const file = path.join(directory, name);
    await writeNew(file, content);
    own.add(file);
    heart ??= setInterval(() => void beat(), heartbeatMs).unref();
    return {
      name,
      remove: async () => {
        own.delete(file);
        if (own.size === 0) {
          clearInterval(heart);
          heart = undefined;
        }
        await rm(file, { force: true });
      },
    };
  }

  async function writeNew(file: string, content: string): Promise<void> {
    const handle = await create(file);
    try {
      // Never empty where it can be helped: the heartbeat overwrites a byte of it.
      await handle.writeFile(`${content}\n`);
    } catch (error) {
      // A name says enough on a full disk, where models have to be deleted to make room.
      if (content === '' && isDiskFull(error)) return;
      await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  }

  async function create(file: string): Promise<FileHandle> {
    const attempt = (): Promise<FileHandle> => open(file, 'wx');
    try {
      return await attempt().catch(async (error: unknown) => {
        if (!isMissing(error)) throw error;
        await mkdir(directory, { recursive: true });
        return attempt();
      });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
      throw new CriaError('internal', `the model store cannot be written: ${notes} (${code})`, {
        cause: error,
      });
    }
  }

  /** Shows other machines that we live. The file server's clock stamps it, not ours. */
  async function beat(): Promise<void> {
    for (const file of own) await rewriteLastByte(file).catch(() => {}); // removed meanwhile, or told by the next write
  }

  async function list(): Promise<readonly FoundTicket[]> {
    const names = await readdir(directory).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    const found: FoundTicket[] = [];
    let nowMs: number | undefined;
    for (const name of names.sort()) {
      const ticket = parseName(name);
      if (ticket === undefined) continue;
      const liveness = livenessOf(ticket.owner, owner);
      if (liveness === 'unknown') nowMs ??= await fileServerTime();
      const isDead = liveness === 'dead' || (nowMs !== undefined && (await isSilent(name, nowMs)));
      // What another user has left cannot be deleted, but does not count either.
      if (isDead) await rm(path.join(directory, name), { force: true }).catch(() => {});
      else found.push(ticket);
    }
    return found;
  }

  async function isSilent(name: string, nowMs: number): Promise<boolean> {
    if (own.has(path.join(directory, name))) return false;
    const stats = await stat(path.join(directory, name)).catch(() => undefined);
    return stats !== undefined && nowMs - stats.mtimeMs > silentMs;
  }

  /** The clock that stamps the tickets: clocks of different machines may be minutes apart. */
  async function fileServerTime(): Promise<number> {
    const ticket = await add('clock');
    try {
      return (await stat(path.join(directory, ticket.name))).mtimeMs;
    } finally {
      await ticket.remove();
    }
  }

  async function read({ name }: FoundTicket): Promise<string> {
    try {
      return (await readBounded(path.join(directory, name), maxContentBytes)).toString('utf8');
    } catch (error) {
      if (isMissing(error)) return '';
      throw error;
    }
  }

  return { add, list, read };
}

/** True for the system's errors that there is no room left. */
export function isDiskFull(error: unknown): boolean {
  return toCriaError(error).code === 'disk_full';
}

async function rewriteLastByte(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const { size } = await handle.stat();
    await handle.write('\n', Math.max(0, size - 1));
  } finally {
    await handle.close();
  }
}

const grammar =
  /^([a-z]+(?:-[0-9a-f]{64})?)~[0-9a-z]{9}~[0-9a-z]{6}~([A-Za-z0-9.-]*)~([0-9a-f]*)~(\d{1,10})~(\d*)~[0-9a-z]+$/;

function nameOf(purpose: string, { machine, boot, pid, start }: ProcessIdentity, count: number): string {
  const time = Date.now().toString(36).padStart(9, '0');
  const order = count.toString(36).padStart(6, '0').slice(-6);
  return [purpose, time, order, machine, boot, pid, start, randomInt(2 ** 40).toString(36)].join('~');
}

/** Undefined for a file that is no ticket: it is left alone. */
function parseName(name: string): FoundTicket | undefined {
  const [, purpose, machine = '', boot = '', pid, start = ''] = grammar.exec(name) ?? [];
  if (purpose === undefined) return undefined;
  return { name, purpose, owner: { machine, boot, pid: Number(pid), start } };
}
