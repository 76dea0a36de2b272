/** The conversation that turns a fresh runner process into a loaded model: ready, load, progress, loaded. */
import { CriaError, cancelledError, isCriaError } from '../errors.ts';
import { type LoadedInfo, type LoadSpec, protocolVersion } from '../protocol/messages.ts';
import type { RunnerProcess } from './child-process.ts';
import { describeExit } from './exit-text.ts';

/** What of a process is needed here. */
export type LoadingProcess = Pick<
  RunnerProcess,
  'exited' | 'pid' | 'lastErrorLine' | 'listen' | 'send' | 'expectExit' | 'kill'
>;

export interface LoadOptions {
  readonly signal: AbortSignal;
  /** Longest silence, without progress or a line of output; 0 or less = no limit. */
  readonly stallTimeoutMs: number;
  /** 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/** Timers of Node cannot be longer; such a limit is none. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Loads the model. On failure the process is killed and gone before this throws `load_failed` (or what the engine said) or
 * `cancelled`.
 */
export async function loadModel(
  child: LoadingProcess,
  spec: LoadSpec,
  options: LoadOptions,
): Promise<LoadedInfo> {
  try {
    return await converse(child, spec, options);
  } catch (error) {
    child.expectExit();
    child.kill();
    const { lastErrorLine } = await child.exited;
    throw withReason(error, lastErrorLine);
  }
}

/** The engine knows that llama.cpp failed, but why stands in what the process printed, which is complete only now. */
function withReason(error: unknown, line: string | undefined): unknown {
  if (!isCriaError(error, 'load_failed') || line === undefined || error.message.includes(line)) return error;
  return new CriaError('load_failed', `${error.message}: ${line}`, { cause: error, data: error.data });
}

function converse(child: LoadingProcess, spec: LoadSpec, options: LoadOptions): Promise<LoadedInfo> {
  const { signal, stallTimeoutMs } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) throw cancelledError();
    let isReady = false;
    let isSettled = false;
    const fail = (error: CriaError): void => {
      if (isSettled) return;
      cleanUp();
      reject(error);
    };
    const onStall = (): void => {
      const text = 'timed out waiting for llama runner to start';
      const reason = child.lastErrorLine;
      fail(new CriaError('load_failed', reason === undefined ? text : `${text} - ${reason}`));
    };
    const isTimed = stallTimeoutMs > 0 && stallTimeoutMs <= longestTimerMs;
    const timer = isTimed ? setTimeout(onStall, stallTimeoutMs) : undefined;
    const onAbort = (): void => fail(cancelledError());
    signal.addEventListener('abort', onAbort, { once: true });
    const cleanUp = (): void => {
      isSettled = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      child.listen(() => {});
    };

    child.listen(
      (message) => {
        timer?.refresh();
        switch (message.type) {
          case 'ready':
            if (message.protocolVersion !== protocolVersion) {
              fail(
                new CriaError(
                  'load_failed',
                  `the runner speaks protocol version ${message.protocolVersion}, the server version ${protocolVersion}`,
                ),
              );
            } else if (!isReady) {
              isReady = true;
              child.send({ type: 'load', spec });
            }
            break;
          case 'loadProgress':
            options.onProgress?.(Math.min(Math.max(message.fraction, 0), 1));
            break;
          case 'loaded':
            cleanUp();
            resolve({ ...message.info, pid: child.pid });
            break;
          case 'loadFailed':
            fail(CriaError.from(message.error));
            break;
          case 'step':
          case 'result':
          case 'failed':
            break; // nothing has been asked yet
        }
      },
      () => timer?.refresh(),
    );
    void child.exited.then((exit) =>
      fail(new CriaError('load_failed', `llama runner process has terminated: ${describeExit(exit)}`)),
    );
  });
}
