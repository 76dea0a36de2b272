/** `cria run`: asks a model, once or in a conversation. */
import type { Command } from 'commander';
import type { CliContext, InputStream } from '../context.ts';
import { readAll } from '../read-all.ts';
import {
  parseDimensions,
  parseFormat,
  parseKeepAlive,
  parseThink,
  parseTruncate,
  type RunFlags,
} from '../run/flags.ts';
import { runOnce } from '../run/one-shot.ts';
import { ensureModel } from '../transfer.ts';

export function registerRun(program: Command, context: CliContext): void {
  program
    .command('run')
    .description('Run a model: answer a prompt, or converse when there is none')
    .argument('<model>')
    .argument('[prompt...]')
    .option(
      '--format <format>',
      'form of the answer: json, a JSON Schema, or a file with one or with a grammar (.gbnf)',
    )
    .option(
      '--think [level]',
      'let the model think; after =: true, false, high, medium, low or max (default: if it can)',
    )
    .option('--hidethinking', 'do not show what the model thinks')
    .option('--keepalive <duration>', 'how long the model stays in memory, e.g. 5m')
    .option('--verbose', 'show counts, times and rates of each answer')
    .option('--nowordwrap', 'do not wrap lines at words')
    .option('--dimensions <number>', 'embedding models: keep so many numbers of the vector', parseDimensions)
    .option('--truncate [boolean]', 'embedding models: cut a text that is too long (default: true)')
    .option('--insecure', 'allow registries without encryption')
    .action((model: string, prompt: string[], flags: RunFlags) => run(model, prompt, flags, context));
}

async function run(
  model: string,
  words: readonly string[],
  flags: RunFlags,
  context: CliContext,
): Promise<void> {
  const { stdin, stdout } = context;
  const isOnTerminal = stdin.isTTY === true && stdout.isTTY === true;
  const options = {
    model,
    format: await parseFormat(flags.format),
    keepAlive: parseKeepAlive(flags.keepalive),
    think: parseThink(flags.think),
    dimensions: flags.dimensions,
    truncate: parseTruncate(flags.truncate),
    hidesThinking: flags.hidethinking === true,
    isWordWrap: flags.nowordwrap !== true && isOnTerminal && !context.config.isDumbTerminal,
    isVerbose: flags.verbose === true,
  };
  if (words.length === 0 && isOnTerminal) {
    const client = await context.connect();
    await ensureModel(client, model, flags, context);
    // An answer to a prompt needs no keyboard.
    const { startConversation } = await import('../repl/start.ts');
    await startConversation(options, context);
    return;
  }
  // What is piped in comes first: `cria run m "Summarise this" < text` is understood both ways round.
  const piped = stdin.isTTY === true ? '' : await readText(stdin);
  const typed = words.filter((word) => word !== '').join(' ');
  const prompt = [piped, typed].filter((part) => part !== '').join(' ');
  const client = await context.connect();
  await ensureModel(client, model, flags, context);
  await runOnce(client, { ...options, prompt, typedFrom: prompt.length - typed.length }, context);
}

/** As long as the longest text that a model could take, and then some. */
const maxInputBytes = 64 * 1024 * 1024;

/** UTF-8, with or without a mark at its beginning; what is not becomes U+FFFD. */
async function readText(stdin: InputStream): Promise<string> {
  const bytes = await readAll(stdin, maxInputBytes);
  if (bytes === undefined) throw new Error('standard input is too long for a prompt');
  return new TextDecoder().decode(bytes);
}
