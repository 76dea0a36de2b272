/** The commands, each loaded only when it is wanted: a command line is started often and does little. */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

/** Adds a command to the program. */
export type Register = (program: Command, context: CliContext) => void;

export interface CommandEntry {
  /** The first is its name, the others are aliases. */
  readonly names: readonly string[];
  readonly load: () => Promise<Register>;
}

/** In the order of the help. */
export const commands: readonly CommandEntry[] = [
  { names: ['serve', 'start'], load: async () => (await import('./serve.ts')).registerServe },
  { names: ['create'], load: async () => (await import('./create.ts')).registerCreate },
  { names: ['import'], load: async () => (await import('./import.ts')).registerImport },
  { names: ['show'], load: async () => (await import('./show.ts')).registerShow },
  { names: ['run'], load: async () => (await import('./run.ts')).registerRun },
  { names: ['embed'], load: async () => (await import('./embed.ts')).registerEmbed },
  { names: ['stop'], load: async () => (await import('./stop.ts')).registerStop },
  { names: ['pull'], load: async () => (await import('./pull.ts')).registerPull },
  { names: ['push'], load: async () => (await import('./push.ts')).registerPush },
  { names: ['list', 'ls'], load: async () => (await import('./list.ts')).registerList },
  { names: ['ps'], load: async () => (await import('./ps.ts')).registerPs },
  { names: ['cp'], load: async () => (await import('./cp.ts')).registerCp },
  { names: ['rm'], load: async () => (await import('./rm.ts')).registerRm },
  { names: ['verify'], load: async () => (await import('./verify.ts')).registerVerify },
  { names: ['version'], load: async () => (await import('./version.ts')).registerVersion },
];

/** The command of that name alone; all of them for any other word: help and suggestions list them. */
export function loadCommands(word: string | undefined): Promise<Register[]> {
  const named = commands.filter(({ names }) => names.some((name) => name === word));
  return Promise.all((named.length > 0 ? named : commands).map(({ load }) => load()));
}
