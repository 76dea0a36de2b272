/** How much memory this machine, or the container around this process, has and could still give. */
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';

export interface MemoryInfo {
  readonly totalBytes: number;
  /** Could be taken without swapping: what is free and what the file cache would give back. */
  readonly availableBytes: number;
}

/** Reads a small file of the kernel's; undefined when there is none. */
export type ReadText = (path: string) => string | undefined;

/** Asks anew at every call; some files below /proc and /sys, so a call takes well under a millisecond. */
export function systemMemory(
  read: ReadText = readIfPresent,
  platform: NodeJS.Platform = process.platform,
): MemoryInfo {
  const host = hostMemory(read, platform);
  const limits = platform === 'linux' ? [cgroup2(read), cgroup1(read)] : [];
  return limits.reduce<MemoryInfo>((memory, limit) => {
    if (limit === undefined || limit.totalBytes >= memory.totalBytes) return memory;
    return {
      totalBytes: limit.totalBytes,
      availableBytes: Math.min(memory.availableBytes, limit.availableBytes),
    };
  }, host);
}

function hostMemory(read: ReadText, platform: NodeJS.Platform): MemoryInfo {
  const totalBytes = totalmem();
  if (platform === 'linux') {
    const info = read('/proc/meminfo');
    const total = field(info, /^MemTotal:\s+(\d+) kB/m);
    const available = field(info, /^MemAvailable:\s+(\d+) kB/m);
    if (total !== undefined && available !== undefined)
      return { totalBytes: total * 1024, availableBytes: available * 1024 };
  }
  // Free pages alone say little on macOS, which keeps the rest for caches; three quarters is what Metal may use.
  if (platform === 'darwin') return { totalBytes, availableBytes: Math.max(freemem(), totalBytes * 0.75) };
  return { totalBytes, availableBytes: freemem() };
}

/** Paths as a container sees its own group. Files that are cached count as used, but would be given back. */
function cgroup2(read: ReadText): MemoryInfo | undefined {
  const root = '/sys/fs/cgroup';
  return limited(
    read(`${root}/memory.max`),
    read(`${root}/memory.current`),
    field(read(`${root}/memory.stat`), /^inactive_file (\d+)/m),
  );
}

function cgroup1(read: ReadText): MemoryInfo | undefined {
  const root = '/sys/fs/cgroup/memory';
  return limited(
    read(`${root}/memory.limit_in_bytes`),
    read(`${root}/memory.usage_in_bytes`),
    field(read(`${root}/memory.stat`), /^total_inactive_file (\d+)/m),
  );
}

/** `max` instead of a number means no limit. */
function limited(
  limit: string | undefined,
  usage: string | undefined,
  reclaimableBytes = 0,
): MemoryInfo | undefined {
  const totalBytes = field(limit, /^(\d+)/);
  const usedBytes = field(usage, /^(\d+)/);
  if (totalBytes === undefined || usedBytes === undefined) return undefined;
  return { totalBytes, availableBytes: Math.max(0, totalBytes - usedBytes + reclaimableBytes) };
}

function field(text: string | undefined, pattern: RegExp): number | undefined {
  const digits = text?.match(pattern)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // not this kernel's way, or not for us to see: the next source counts
  }
}
