/** Ports for servers that are told theirs, and that may go away and come back to it. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems hand out by themselves (from 32768 on Linux), which other tests are given all the time. */
const [first, count] = [20_000, 12_000];

/** One of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * count);
    const probe = createServer();
    probe.listen(port, '127.0.0.1');
    try {
      await once(probe, 'listening');
    } catch {
      continue; // somebody's
    }
    probe.close();
    await once(probe, 'close');
    return port;
  }
}
