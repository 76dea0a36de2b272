/** `cria ps`: the models in memory. */
import type { Command } from 'commander';
import type { RunningModel } from '../../api/types.ts';
import type { CliContext } from '../context.ts';
import { humanBytes } from '../format/bytes.ts';
import { formatTable } from '../format/table.ts';
import { parseTime, relativeTime } from '../format/time.ts';
import { writeText } from '../terminal/write-text.ts';

export function registerPs(program: Command, context: CliContext): void {
  program
    .command('ps')
    .description('List running models')
    .argument('[prefix]', 'only models whose names begin so')
    .action(async (prefix: string | undefined) => {
      const { models } = await (await context.connect()).ps();
      writeText(context.stdout, psTable(models, prefix ?? '', Date.now()));
    });
}

/** The prefix is compared with regard to case, unlike that of `list`. */
export function psTable(models: readonly RunningModel[], prefix: string, nowMs: number): string {
  const rows = models
    .filter((model) => model.name.startsWith(prefix))
    .map((model) => [
      model.name,
      model.digest.slice(0, 12),
      humanBytes(model.size),
      processor(model.size, model.size_vram),
      String(model.context_length),
      until(model.expires_at, nowMs),
    ]);
  return formatTable([['NAME', 'ID', 'SIZE', 'PROCESSOR', 'CONTEXT', 'UNTIL'], ...rows]);
}

/** Where the model's memory lies. */
function processor(sizeBytes: number, vramBytes: number): string {
  if (vramBytes === 0) return '100% CPU';
  if (vramBytes === sizeBytes) return '100% GPU';
  if (vramBytes > sizeBytes || sizeBytes === 0) return 'Unknown';
  const cpuPercent = Math.round(((sizeBytes - vramBytes) / sizeBytes) * 100);
  return `${cpuPercent}%/${100 - cpuPercent}% CPU/GPU`;
}

function until(expiresAt: string, nowMs: number): string {
  const timeMs = parseTime(expiresAt);
  return timeMs !== undefined && timeMs < nowMs ? 'Stopping...' : relativeTime(expiresAt, nowMs);
}
