/** How many threads compute. */
import { readFileSync } from 'node:fs';
import os from 'node:os';

/** Weights that make a further thread worth waiting for at the barrier of every operation. */
const bytesPerThread = 8 * 2 ** 20;

/**
 * As many as `wanted`, but no more than run at a time: threads that wait for their turn hold up all others at the barriers (and
 * ggml aborts beyond 512). Without a wish (0) one a physical core; fewer for models so small that the threads would mostly wait for
 * each other.
 */
export function threadsFor(modelBytes: number, wanted = 0): number {
  if (wanted > 0) return Math.min(wanted, os.availableParallelism());
  return Math.max(1, Math.min(physicalCores(), Math.ceil(modelBytes / bytesPerThread)));
}

/** Physical cores that this process may use; hyper-threads add nothing to matrix products. */
function physicalCores(): number {
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
