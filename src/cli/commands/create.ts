/** `cria create`: a model from a Modelfile. */
import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { collectContents, decodeModelfile, type Modelfile, parseModelfile } from '../../modelfile/index.ts';
import type { CliContext } from '../context.ts';
import { fileError } from '../create/files.ts';
import { expandPath } from '../create/paths.ts';
import { planCreate } from '../create/request.ts';
import { sendModel } from '../create/send.ts';
import { withInterrupt } from '../interrupt.ts';

interface CreateFlags {
  readonly file?: string;
  readonly quantize?: string;
  readonly link?: boolean;
}

const maxModelfileBytes = 64 * 1024 * 1024;

export function registerCreate(program: Command, context: CliContext): void {
  program
    .command('create')
    .description('Create a model')
    .argument('<model>')
    .option(
      '-f, --file <path>',
      'Modelfile to read (default: ./Modelfile; without one, the model files of this folder)',
    )
    .option('-q, --quantize <type>', 'quantize the model to this type, e.g. q4_K_M')
    .option('--link', 'share the files with the model instead of copying them; they must not be changed then')
    .action((model: string, flags: CreateFlags) => create(model, flags, context));
}

async function create(model: string, flags: CreateFlags, context: CliContext): Promise<void> {
  const { modelfile, dir } = await readModelfile(flags.file, context);
  const contents = collectContents(modelfile);
  for (const name of contents.deprecated) {
    context.stdout.write(`warning: parameter ${name} is deprecated\n`);
  }
  const plan = await planCreate(contents, {
    model,
    quantize: flags.quantize,
    baseDir: dir,
    homeDir: context.config.homeDir,
  });
  const client = await context.connect();
  await withInterrupt(context, (signal) =>
    sendModel(plan, { client, wantsLinks: flags.link === true, signal }, context),
  );
}

/** The Modelfile and the folder that its paths start from. */
async function readModelfile(
  named: string | undefined,
  { cwd, config }: CliContext,
): Promise<{ modelfile: Modelfile; dir: string }> {
  const file = expandPath(named ?? 'Modelfile', cwd, config.homeDir);
  let bytes: Uint8Array;
  try {
    bytes = await readWhole(file, maxModelfileBytes);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (named === undefined && isMissing) return { modelfile: [{ name: 'from', value: '.' }], dir: cwd };
    throw fileError(file, error);
  }
  return { modelfile: parseModelfile(decodeModelfile(bytes)), dir: path.dirname(file) };
}

/** Reads also what has no size beforehand, such as the shell's `<(…)`. */
async function readWhole(file: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) throw new Error('too large for a Modelfile');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
