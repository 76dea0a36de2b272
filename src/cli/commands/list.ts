/** `cria list`: the models in the store. */
import type { Command } from 'commander';
import type { ListedModel } from '../../api/types.ts';
import type { CliContext } from '../context.ts';
import { humanBytes } from '../format/bytes.ts';
import { formatTable } from '../format/table.ts';
import { relativeTime } from '../format/time.ts';
import { writeText } from '../terminal/write-text.ts';

export function registerList(program: Command, context: CliContext): void {
  program
    .command('list')
    .alias('ls')
    .description('List models')
    .argument('[prefix]', 'only models whose names begin so')
    .action(async (prefix: string | undefined) => {
      const { models } = await (await context.connect()).list();
      writeText(context.stdout, listTable(models, prefix ?? '', Date.now()));
    });
}

/** The prefix is compared without regard to case. */
export function listTable(models: readonly ListedModel[], prefix: string, nowMs: number): string {
  const rows = models
    .filter((model) => model.name.toLowerCase().startsWith(prefix.toLowerCase()))
    .map((model) => [
      model.name,
      model.digest.slice(0, 12),
      model.remote_model ? '-' : humanBytes(model.size),
      relativeTime(model.modified_at, nowMs),
    ]);
  return formatTable([['NAME', 'ID', 'SIZE', 'MODIFIED'], ...rows]);
}
