/** `cria cp`: another name for a model. */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

export function registerCp(program: Command, context: CliContext): void {
  program
    .command('cp')
    .description('Copy a model')
    .argument('<source>')
    .argument('<destination>')
    .action(async (source: string, destination: string) => {
      await (await context.connect()).copy(source, destination);
      context.stdout.write(`copied '${source}' to '${destination}'\n`);
    });
}
