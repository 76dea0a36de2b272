/** `cria stop`: takes a model out of memory. */
import type { Command } from 'commander';
import { ApiError } from '../../api/errors.ts';
import type { CliContext } from '../context.ts';

export function registerStop(program: Command, context: CliContext): void {
  program
    .command('stop')
    .description('Stop a running model')
    .argument('<model>')
    .action(async (model: string) => {
      const client = await context.connect();
      try {
        await client.unload(model);
      } catch (error) {
        if (!(error instanceof ApiError && error.isNotFound)) throw error;
        throw new Error(`couldn't find model "${model}" to stop`, { cause: error });
      }
    });
}
