/** Makes sure that a server answers: one that runs already, or, on this machine, a new one in the background. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CriaClient } from '../api/client.ts';
import { ConnectionError } from '../api/errors.ts';
import type { Environment, HostAddress } from '../config/index.ts';

/** A `cria serve` that outlives this process. */
export interface BackgroundServer {
  /** Settles when it has ended, with a reason; it should not. */
  readonly ended: Promise<string>;
  readonly logFile: string;
}

/** How long a new server may take before it answers; it is ready in well under a second. */
const startTimeoutMs = 30_000;
const pollMs = 50;

export interface EnsureServerOptions {
  readonly client: Pick<CriaClient, 'heartbeat'>;
  readonly host: HostAddress;
  readonly start: () => BackgroundServer;
  /** Takes a line for the user. */
  readonly notice: (text: string) => void;
}

/** Resolves when the server answers; throws an error that says what to do. */
export async function ensureServer({ client, host, start, notice }: EnsureServerOptions): Promise<void> {
  try {
    await client.heartbeat();
    return;
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    if (!error.isRefused || !host.isLocal) {
      const advice = host.isLocal ? '' : `; start one there with 'cria serve', or set OLLAMA_HOST`;
      throw new Error(`could not connect to a cria server at ${host.url} (${error.message})${advice}`, {
        cause: error,
      });
    }
  }
  notice('starting cria server…');
  const server = start();
  let endReason: string | undefined;
  void server.ended.then((reason) => {
    endReason = reason;
  });
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    // Asked before the answer is: a server that lost the race for the port ends, while the winner answers.
    const hadEnded = endReason;
    if (await answers(client)) return;
    if (hadEnded !== undefined) {
      throw new Error(`could not start a cria server: ${hadEnded} (see ${server.logFile})`);
    }
    await sleep(pollMs);
  }
  throw new Error(`the cria server does not answer at ${host.url} (see ${server.logFile})`);
}

async function answers(client: EnsureServerOptions['client']): Promise<boolean> {
  try {
    await client.heartbeat({ signal: AbortSignal.timeout(startTimeoutMs) });
    return true;
  } catch {
    return false; // not yet; the deadline bounds the waiting
  }
}

/** Runs `node <mainScript> serve` detached, its output in `<logDir>/cria.log`; the log before becomes `cria-1.log`. */
export function startBackgroundServer(options: {
  readonly mainScript: string;
  readonly logDir: string;
  readonly env: Environment;
}): BackgroundServer {
  const logFile = path.join(options.logDir, 'cria.log');
  mkdirSync(options.logDir, { recursive: true });
  try {
    renameSync(logFile, path.join(options.logDir, 'cria-1.log'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, [...process.execArgv, options.mainScript, 'serve'], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...options.env },
    windowsHide: true,
  });
  closeSync(log);
  child.unref();
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      resolve(lastLine(logFile) ?? `it ended with ${signal ?? `exit code ${code}`}`);
    });
  });
  return { ended, logFile };
}

/** What a server that ended said last; it has not run for long, so its log is short. */
function lastLine(logFile: string): string | undefined {
  const line = readFileSync(logFile, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  return line.replace(/^Error: /, '') || undefined;
}
