/** `cria rm`: takes models out of memory and out of the store. */
import type { Command } from 'commander';
import { ApiError } from '../../api/errors.ts';
import type { CliContext } from '../context.ts';

export function registerRm(program: Command, context: CliContext): void {
  program
    .command('rm')
    .description('Remove models')
    .argument('<models...>')
    .action(async (models: string[]) => {
      const client = await context.connect();
      const refusals: unknown[] = [];
      for (const model of models) {
        try {
          // What cannot be unloaded can still be deleted; if there is no such model, deleting says so.
          await client.unload(model).catch(ignoreRefusal);
          await client.delete(model);
          context.stdout.write(`deleted '${model}'\n`);
        } catch (error) {
          ignoreRefusal(error);
          refusals.push(error);
        }
      }
      if (refusals.length > 0) throw new AggregateError(refusals);
    });
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}
