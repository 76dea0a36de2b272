import { freemem, totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { systemMemory } from './system-memory.ts';

const meminfo = 'MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    600 kB\n';
const cgroup2 = '/sys/fs/cgroup';
const cgroup1 = '/sys/fs/cgroup/memory';
const noLimit1 = '9223372036854771712\n';

describe('systemMemory', () => {
  it.each<[string, Record<string, string>, number, number]>([
    ['a machine', { '/proc/meminfo': meminfo }, 1_024_000, 614_400],
    [
      'an unlimited group',
      { '/proc/meminfo': meminfo, [`${cgroup2}/memory.max`]: 'max\n', [`${cgroup2}/memory.current`]: '5\n' },
      1_024_000,
      614_400,
    ],
    [
      'a limited group',
      {
        '/proc/meminfo': meminfo,
        [`${cgroup2}/memory.max`]: '500000\n',
        [`${cgroup2}/memory.current`]: '400000\n',
        [`${cgroup2}/memory.stat`]: 'anon 1\ninactive_file 50000\n',
      },
      500_000,
      150_000,
    ],
    [
      'a group of version 1',
      {
        '/proc/meminfo': meminfo,
        [`${cgroup1}/memory.limit_in_bytes`]: '500000\n',
        [`${cgroup1}/memory.usage_in_bytes`]: '600000\n',
        [`${cgroup1}/memory.stat`]: 'total_inactive_file 0\n',
      },
      500_000,
      0,
    ],
    [
      'an unlimited group of version 1',
      {
        '/proc/meminfo': meminfo,
        [`${cgroup1}/memory.limit_in_bytes`]: noLimit1,
        [`${cgroup1}/memory.usage_in_bytes`]: '1\n',
      },
      1_024_000,
      614_400,
    ],
    [
      'a group on a machine that is fuller than the group',
      {
        '/proc/meminfo': meminfo,
        [`${cgroup2}/memory.max`]: '1000000',
        [`${cgroup2}/memory.current`]: '0',
      },
      1_000_000,
      614_400,
    ],
  ])('reads %s', (_, files, totalBytes, availableBytes) => {
    expect(systemMemory((path) => files[path], 'linux')).toEqual({ totalBytes, availableBytes });
  });

  it('falls back to what Node knows', () => {
    expect(systemMemory(() => undefined, 'linux').totalBytes).toBe(totalmem());
    expect(systemMemory(() => undefined, 'win32').availableBytes).toBeLessThanOrEqual(totalmem());
    expect(systemMemory(() => undefined, 'darwin').availableBytes).toBeGreaterThanOrEqual(
      Math.min(freemem(), totalmem() * 0.75),
    );
  });

  it('works on this machine', () => {
    const memory = systemMemory();
    expect(memory.availableBytes).toBeGreaterThan(0);
    expect(memory.availableBytes).toBeLessThanOrEqual(memory.totalBytes);
  });
});
