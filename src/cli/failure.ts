/** What a command ended with → what the user reads and the exit code. */
import { CommanderError } from 'commander';
import { InterruptedError } from './interrupt.ts';
import { harmless } from './terminal/text-flow.ts';

export interface Failure {
  /** Lines for standard error; empty when all has been said. */
  readonly text: string;
  readonly exitCode: number;
}

/** 128 + SIGINT, as shells report it. */
const interruptedExitCode = 130;

export function describeFailure(error: unknown): Failure {
  // commander has written its text itself; showing help counts as success there.
  if (error instanceof CommanderError) return { text: '', exitCode: error.exitCode };
  if (error instanceof InterruptedError) return { text: '', exitCode: interruptedExitCode };
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return { text: errors.map((one) => `Error: ${messageOf(one)}\n`).join(''), exitCode: 1 };
}

/** Messages may quote a server or a file: they are kept from playing with the terminal. */
export function messageOf(error: unknown): string {
  return harmless(error instanceof Error ? error.message : String(error));
}
