/** The sentences that tell users how a runner process ended. */
import type { RunnerExit } from './types.ts';

const signalNames: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
};

/** `exit status 1` or `signal: killed`, as Ollama's users know it, and the last error line if there is one. */
export function describeExit(exit: RunnerExit): string {
  const how =
    exit.signal === null
      ? `exit status ${exit.code ?? 'unknown'}`
      : `signal: ${signalNames[exit.signal] ?? exit.signal}`;
  return withErrorLine(how, exit.lastErrorLine);
}

/** For requests that were in flight when the process ended, or came after that: the sentence that clients of Ollama know. */
export function describeDeath(isExpected: boolean, lastErrorLine: string | undefined): string {
  if (isExpected) return 'the model was unloaded before its answer was complete';
  return withErrorLine(
    'model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details',
    lastErrorLine,
  );
}

function withErrorLine(text: string, lastErrorLine: string | undefined): string {
  return lastErrorLine === undefined ? text : `${text}: ${lastErrorLine}`;
}
