/** How many threads compute when nobody says. */
import { readFileSync } from 'node:fs';
import os from 'node:os';

/** Physical cores that this process may use; hyper-threads add nothing to matrix products. */
export function physicalCores(): number {
  const available = os.availableParallelism();
  if (process.platform === 'linux') {
    const cores = new Set<string>();
    for (let cpu = 0; cpu < os.cpus().length; cpu++) {
      try {
        const siblings = `/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`;
        cores.add(readFileSync(siblings, 'latin1').trim());
      } catch {
        return available; // no topology to be seen, e.g. in some containers
      }
    }
    return Math.max(1, Math.min(cores.size, available));
  }
  // Intel Macs and Windows machines mostly have two threads a core, ARM ones one.
  return process.arch === 'x64' ? Math.max(1, Math.ceil(available / 2)) : available;
}
