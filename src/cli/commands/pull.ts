/** `cria pull`: pull a model from a registry. */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type TransferFlags, transfer } from '../transfer.ts';

export function registerPull(program: Command, context: CliContext): void {
  program
    .command('pull')
    .description('Pull a model from a registry')
    .argument('<model>')
    .option('--insecure', 'allow registries without encryption')
    .action(async (model: string, flags: TransferFlags) =>
      transfer(await context.connect(), 'pull', model, flags, context),
    );
}
