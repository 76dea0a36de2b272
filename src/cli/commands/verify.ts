/** `cria verify`: hashes models and tells what is damaged. */
import type { Command } from 'commander';
import { ApiError } from '../../api/errors.ts';
import type { VerifyReport, VerifyResponse, WireDamage } from '../../api/types.ts';
import type { CliContext } from '../context.ts';
import { humanBytes } from '../format/bytes.ts';
import { withInterrupt } from '../interrupt.ts';
import { Progress } from '../terminal/progress.ts';
import { harmless } from '../terminal/text-flow.ts';

/** What Ollama answers to a path that it does not know. */
const noSuchRoute = '404 page not found';

export function registerVerify(program: Command, context: CliContext): void {
  program
    .command('verify')
    .description('Check stored models for damage')
    .argument('[models...]', 'default: everything in the store')
    .option('--json', 'write the report as JSON')
    .action((models: string[], flags: { json?: boolean }) => verify(models, flags, context));
}

async function verify(models: string[], flags: { json?: boolean }, context: CliContext): Promise<void> {
  const client = await context.connect();
  const report = await withInterrupt(context, async (signal) => {
    const progress = new Progress(context.stderr);
    try {
      return await follow(client.verify({ models }, { signal }), progress);
    } catch (error) {
      if (error instanceof ApiError && error.message === noSuchRoute)
        throw new Error('this server cannot verify models; it is not cria', { cause: error });
      throw error;
    } finally {
      progress.clear();
    }
  });
  context.stdout.write(flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : describeReport(report));
  const { length } = report.damage;
  if (length > 0) throw new Error(length === 1 ? 'something is damaged' : `${length} things are damaged`);
}

async function follow(lines: AsyncIterable<VerifyResponse>, progress: Progress): Promise<VerifyReport> {
  let bar: ReturnType<Progress['bar']> | undefined;
  for await (const line of lines) {
    if (line.status === 'success') return line;
    if (line.status !== 'verifying' || line.total === 0) continue;
    bar ??= progress.bar('verifying', line.total);
    bar.setCompleted(line.completed);
  }
  throw new Error('the server ended its answer before the work was done');
}

/** For people: what is wrong, model by model, and what to do about it. */
export function describeReport({ models, blobs, bytes, damage, created_here }: VerifyReport): string {
  const looked = `${count(models, 'model')}, ${count(blobs, 'blob')}, ${humanBytes(bytes)}`;
  if (damage.length === 0) return `${looked}: no damage\n`;
  const lines = damage.flatMap((item) => [
    `${subject(item)} ${harmless(item.message)}`,
    item.models.length > 0 ? `  in ${item.models.map(harmless).join(', ')}` : '  not used by any model',
  ]);
  return [`${looked}`, ...lines, ...advice(damage, created_here), ''].join('\n');
}

function subject({ digest }: WireDamage): string {
  return digest === undefined ? 'manifest' : `blob ${harmless(digest)}`;
}

function advice(damage: readonly WireDamage[], createdHere: readonly string[]): string[] {
  const models = [...new Set(damage.flatMap((item) => item.models))].sort();
  if (models.length === 0) return [];
  const isCreated = (model: string): boolean => createdHere.includes(model);
  return [
    '',
    'Nothing was deleted. To repair (only what is damaged is fetched):',
    ...models.filter((model) => !isCreated(model)).map((model) => `  cria pull ${harmless(model)}`),
    ...models.filter(isCreated).map((model) => `  create ${harmless(model)} again, from what it was made of`),
  ];
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
