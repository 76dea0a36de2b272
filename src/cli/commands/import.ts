/** `cria import`: takes models that another program has on this machine. */
import { realpathSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import type { CriaClient } from '../../api/client.ts';
import { confirm } from '../confirm.ts';
import type { CliContext } from '../context.ts';
import { fileError } from '../create/files.ts';
import { expandPath } from '../create/paths.ts';
import { sendModel } from '../create/send.ts';
import { humanBytes } from '../format/bytes.ts';
import { formatTable } from '../format/table.ts';
import type { Findings, FoundModel, Skipped } from '../import/types.ts';
import { withInterrupt } from '../interrupt.ts';
import { harmless } from '../terminal/text-flow.ts';
import { writeText } from '../terminal/write-text.ts';

interface ImportFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly link?: boolean;
}

export function registerImport(program: Command, context: CliContext): void {
  program
    .command('import')
    .description('Import models of another program')
    .argument('<path>', 'a GGUF file, or a folder of Ollama, LM Studio, Hugging Face, llama.cpp, or your own')
    .argument('[name]', 'name for a single model')
    .option('--dry-run', 'only show what would be imported')
    .option('-y, --yes', 'import several models without asking')
    .option(
      '--link',
      'share the files with the models instead of copying them; they must not be changed then',
    )
    .action((target: string, name: string | undefined, flags: ImportFlags) =>
      importModels(target, name, flags, context),
    );
}

async function importModels(
  target: string,
  name: string | undefined,
  flags: ImportFlags,
  context: CliContext,
): Promise<void> {
  const client = await context.connect();
  await withInterrupt(context, async (signal) => {
    const found = await find(expandPath(target, context.cwd, context.config.homeDir), context, signal);
    const { models, skipped } = await choose(name === undefined ? found : rename(found, name), client);
    writeText(context.stdout, describeFindings(models, skipped));
    if (models.length === 0 || flags.dryRun === true) return;
    if (models.length > 1 && flags.yes !== true) await ask(models.length, context, signal);
    await sendAll(models, flags, client, context, signal);
  });
}

/** Loaded here only: no other command needs to know other programs' folders. */
async function find(target: string, { config }: CliContext, signal: AbortSignal): Promise<Findings> {
  const [{ findFile, findInFolder }, { findInOllamaFolder, ollamaModelsIn }, { distinctNames }] =
    await Promise.all([
      import('../import/gguf-folder.ts'),
      import('../import/ollama-folder.ts'),
      import('../import/names.ts'),
    ]);
  const stats = statOf(target);
  if (!stats.isDirectory()) return findFile(target);
  const ollama = ollamaModelsIn(target);
  if (ollama !== undefined) {
    if (isSame(ollama, config.modelsDir)) throw new Error(`${ollama}: these are cria's own models`);
    return findInOllamaFolder(ollama, signal);
  }
  const { models, skipped } = await findInFolder(target, signal);
  return { models: distinctNames(models), skipped };
}

function statOf(target: string): ReturnType<typeof statSync> & object {
  try {
    return statSync(target);
  } catch (error) {
    throw fileError(target, error);
  }
}

function isSame(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

function rename(found: Findings, name: string): Findings {
  const [model, ...others] = found.models;
  if (others.length > 0) throw new Error('a name can be given to a single model only; several were found');
  return model === undefined ? found : { ...found, models: [{ ...model, name }] };
}

/** Leaves out what the server has already. */
async function choose(found: Findings, client: CriaClient): Promise<Findings> {
  const existing = new Set((await client.list()).models.map(({ name }) => comparable(name)));
  const isNew = ({ name }: FoundModel): boolean => !existing.has(comparable(name));
  const there = found.models.filter((model) => !isNew(model));
  return {
    models: found.models.filter(isNew),
    skipped: [
      ...there.map(({ name, origin }) => ({ origin, reason: `there is a model ${name} already` })),
      ...found.skipped,
    ],
  };
}

/** Names are the same without regard to case; the tag may be left out. */
function comparable(name: string): string {
  return (/:[^/]*$/.test(name) ? name : `${name}:latest`).toLowerCase();
}

export function describeFindings(models: readonly FoundModel[], skipped: readonly Skipped[]): string {
  const rows = models.map(({ name, files, adapters, origin }) => [
    harmless(name),
    humanBytes([...files, ...adapters].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)),
    harmless(origin),
  ]);
  const table =
    rows.length === 0 ? 'no models to import\n' : formatTable([['NAME', 'SIZE', 'FROM'], ...rows]);
  return (
    table +
    skipped.map(({ origin, reason }) => `skipped: ${harmless(origin)}: ${harmless(reason)}\n`).join('')
  );
}

async function ask(count: number, context: CliContext, signal: AbortSignal): Promise<void> {
  if (context.stdin.isTTY !== true)
    throw new Error(
      `${count} models were found; --yes imports them without asking, --dry-run only shows them`,
    );
  if (!(await confirm(`Import these ${count} models?`, context, signal)))
    throw new Error('nothing was imported');
}

/** One that fails does not keep the others from being imported. */
async function sendAll(
  models: readonly FoundModel[],
  flags: ImportFlags,
  client: CriaClient,
  context: CliContext,
  signal: AbortSignal,
): Promise<void> {
  const failures: Error[] = [];
  for (const { name, files, adapters, contents } of models) {
    if (models.length > 1) context.stderr.write(`${context.errorStyle.dim(`importing ${harmless(name)}`)}\n`);
    const plan = { request: { ...contents, model: name }, files, adapters, drafts: [] };
    try {
      await sendModel(plan, { client, wantsLinks: flags.link === true, signal }, context);
      context.stdout.write(`imported '${harmless(name)}'\n`);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(
        new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error }),
      );
    }
  }
  if (failures.length > 0) throw new AggregateError(failures);
}
