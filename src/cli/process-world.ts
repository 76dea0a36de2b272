/** The real process as the command line's world. */
import path from 'node:path';
import type { Environment } from '../config/index.ts';
import type { World } from './context.ts';
import { startBackgroundServer } from './server.ts';

/** `mainScript` is what a background server is started with. */
export function processWorld(
  process: NodeJS.Process,
  { mainScript, env }: { readonly mainScript: string; readonly env: Environment },
): World {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `cria list | head -1`: nobody reads on, so there is nothing left to do.
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`Error: ${error.message}\n`);
    process.exit(1);
  });
  return {
    env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: process.cwd(),
    onInterrupt: (handler) => {
      process.on('SIGINT', handler);
      return () => process.off('SIGINT', handler);
    },
    startServer: (config) =>
      startBackgroundServer({ mainScript, logDir: path.join(config.stateDir, 'logs'), env }),
  };
}
