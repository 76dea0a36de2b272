/** `cria push`: push a model to a registry. */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type TransferFlags, transfer } from '../transfer.ts';

export function registerPush(program: Command, context: CliContext): void {
  program
    .command('push')
    .description('Push a model to a registry')
    .argument('<model>')
    .option('--insecure', 'allow registries without encryption')
    .action(async (model: string, flags: TransferFlags) =>
      transfer(await context.connect(), 'push', model, flags, context),
    );
}
