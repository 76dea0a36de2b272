// Preloaded into a server that a benchmark starts: tells, when asked, how long its event loop has been held up, and what
// memory and processor time it took since it was last asked to start anew.
import { closeSync, openSync, readSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const tickMs = 5;

// Its children and threads load this, too, and are not meant.
if (isMainThread && process.argv[2] === 'serve' && process.send !== undefined) probe();

function probe() {
  const ranMs = threadClock();
  let last = { at: performance.now(), ran: ranMs() };
  let worst = { delayMs: 0, ranMs: 0 };
  let rss = { before: 0, peak: 0 };
  let cpuBefore = process.cpuUsage();
  let nTicks = 0;
  setInterval(() => {
    const now = { at: performance.now(), ran: ranMs() };
    const delayMs = now.at - last.at - tickMs;
    // The time that the loop's own thread ran is what the server did; the rest it waited for a processor that others had.
    worst = {
      delayMs: Math.max(worst.delayMs, delayMs),
      ranMs: Math.max(worst.ranMs, delayMs > 0 ? Math.min(delayMs, now.ran - last.ran) : 0),
    };
    last = now;
    if (nTicks++ % 20 === 0) rss.peak = Math.max(rss.peak, process.memoryUsage.rss());
  }, tickMs).unref();
  process.on('message', ({ probe: order }) => {
    if (order === 'start') {
      const now = process.memoryUsage.rss();
      rss = { before: now, peak: now };
      worst = { delayMs: 0, ranMs: 0 };
      cpuBefore = process.cpuUsage();
      process.send({ probe: order });
    } else if (order === 'stop') {
      const { user, system } = process.cpuUsage(cpuBefore);
      const cpuSeconds = (user + system) / 1e6;
      process.send({ probe: order, ...worst, rssGrowthBytes: rss.peak - rss.before, cpuSeconds });
    }
  });
  process.channel?.unref();
}

/** Milliseconds for which this thread has run so far; where the system does not tell, it counts as running always. */
function threadClock() {
  let descriptor;
  try {
    descriptor = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  } catch {
    return () => performance.now();
  }
  process.once('exit', () => closeSync(descriptor));
  const buffer = Buffer.alloc(128);
  return () => {
    const length = readSync(descriptor, buffer, 0, buffer.length, 0);
    return Number(buffer.toString('latin1', 0, length).split(' ')[0]) / 1e6;
  };
}
