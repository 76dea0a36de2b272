/** Tells processes of this and of other machines apart, and whether they still run. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Four texts of letters, digits, `.` and `-`. */
export interface ProcessIdentity {
  /** Host name and, on Linux, the namespace in which process ids count: two containers are two machines. */
  readonly machine: string;
  /** Changes with every start of the system; empty where it is not known. */
  readonly boot: string;
  readonly pid: number;
  /** When the process started, in the system's own unit; empty where it is not known. */
  readonly start: string;
}

/** `unknown`: a process of another machine, or one whose id may have been given to another one. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/** Where the system tells about itself; tests give another place. */
const procFolder = '/proc';

export function thisProcess(proc: string = procFolder): ProcessIdentity {
  const namespace = /\d+/.exec(tryRead(() => readlinkSync(`${proc}/self/ns/pid`)))?.[0] ?? '';
  const host = hostname()
    .replaceAll(/[^A-Za-z0-9-]/g, '-')
    .slice(0, 40);
  return {
    machine: namespace === '' ? host : `${host}.${namespace}`,
    boot: tryRead(() => readFileSync(`${proc}/sys/kernel/random/boot_id`, 'latin1')).slice(0, 8),
    pid: process.pid,
    start: startOf(process.pid, proc),
  };
}

/** Whether `other` still runs, as `own` can tell. */
export function livenessOf(
  other: ProcessIdentity,
  own: ProcessIdentity,
  proc: string = procFolder,
): Liveness {
  if (other.machine !== own.machine) return 'unknown';
  if (other.boot !== own.boot || !isProcess(other.pid)) return 'dead';
  const start = startOf(other.pid, proc);
  if (start === '' || other.start === '') return other.pid === own.pid ? 'alive' : 'unknown';
  return start === other.start ? 'alive' : 'dead';
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is one, of another user.
    return error instanceof Error && 'code' in error && error.code !== 'ESRCH';
  }
}

/** Linux: proc_pid_stat(5), field 22, in clock ticks since the boot. The name before it may hold spaces and brackets. */
function startOf(pid: number, proc: string): string {
  const stat = tryRead(() => readFileSync(`${proc}/${pid}/stat`, 'latin1'));
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[19] ?? '';
}

/** Not every system tells, and not everybody. */
function tryRead(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
