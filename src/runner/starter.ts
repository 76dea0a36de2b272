/** Makes the function that starts runners, from what the composition root knows about this installation. */
import { cancelledError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { RunnerProcess } from './child-process.ts';
import { loadModel } from './load-model.ts';
import { LoadedRunner } from './loaded-runner.ts';
import type { StartRunner } from './types.ts';

export interface RunnerStarterOptions {
  /** Compiled entry file of the engine process. */
  readonly entryPath: string;
  readonly log: Logger;
  /** How long a runner may take to unload before it is killed. */
  readonly graceMs: number;
  /** Longest silence of a loading runner; 0 or less = no limit. */
  readonly loadTimeoutMs: number;
  /** The runners' whole environment; nothing of the server's own is passed on. */
  readonly env: Readonly<Record<string, string>>;
}

/** The starter of real runners: one child process a call. */
export function createRunnerStarter(options: RunnerStarterOptions): StartRunner {
  const { log } = options;
  return async (spec, { signal, onProgress }) => {
    if (signal.aborted) throw cancelledError();
    const child = new RunnerProcess({ entryPath: options.entryPath, env: options.env, log });
    log.debug('runner process started', { pid: child.pid, model: spec.modelPath });
    const info = await loadModel(child, spec, { signal, onProgress, stallTimeoutMs: options.loadTimeoutMs });
    return new LoadedRunner(child, info, { graceMs: options.graceMs, log });
  };
}
