/** `cria embed`: the vectors of texts. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import type { CliContext, OutputStream } from '../context.ts';
import { withInterrupt } from '../interrupt.ts';
import { parseDimensions, parseKeepAlive, parseTruncate } from '../run/flags.ts';

/** Texts of one request: enough to fill batches, few enough that the first vectors come soon. */
const textsAtOnce = 256;

const formats = {
  json: (vector: readonly number[]) => `${JSON.stringify(vector)}\n`,
  text: (vector: readonly number[]) => `${vector.join(' ')}\n`,
  raw: rawVector,
};

interface EmbedFlags {
  readonly format: string;
  readonly dimensions?: number;
  readonly truncate?: string | true;
  readonly keepalive?: string;
}

export function registerEmbed(program: Command, context: CliContext): void {
  program
    .command('embed')
    .description('Turn texts into vectors: those given, or each line of standard input')
    .argument('<model>')
    .argument('[text...]')
    .option(
      '--format <format>',
      'json (a line for each text), text (numbers with spaces between), raw (float32, little-endian)',
      'json',
    )
    .option('--dimensions <number>', 'keep so many numbers of each vector', parseDimensions)
    .option('--truncate [boolean]', 'cut texts that are too long (default: true)')
    .option('--keepalive <duration>', 'how long the model stays in memory, e.g. 5m')
    .action((model: string, texts: string[], flags: EmbedFlags) => embed(model, texts, flags, context));
}

async function embed(
  model: string,
  texts: readonly string[],
  flags: EmbedFlags,
  context: CliContext,
): Promise<void> {
  const { stdin, stdout } = context;
  const format = formatOf(flags.format);
  if (format === formats.raw && stdout.isTTY === true)
    throw new Error('raw vectors are not for a terminal: redirect the output, or choose another --format');
  const keepAlive = parseKeepAlive(flags.keepalive);
  const truncate = parseTruncate(flags.truncate);
  const request = {
    model,
    ...(keepAlive === undefined ? {} : { keep_alive: keepAlive }),
    ...(flags.dimensions === undefined ? {} : { dimensions: flags.dimensions }),
    ...(truncate === undefined ? {} : { truncate }),
  };
  if (texts.length === 0 && stdin.isTTY === true)
    throw new Error(
      `no texts to embed. Usage: cria embed ${model} "your text here", or with a file as input`,
    );
  const client = await context.connect();
  // What is piped in goes unread when there are texts: scripts often have an input that is not meant for this command. It is opened
  // only now because lines that come before somebody iterates are lost.
  const lines =
    texts.length > 0 ? texts : createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY });
  await withInterrupt(context, async (signal) => {
    for await (const input of groupsOf(lines, textsAtOnce)) {
      const { embeddings } = await client.embed({ ...request, input }, { signal });
      for (const vector of embeddings) await write(stdout, format(vector));
    }
  });
}

function formatOf(name: string): (vector: readonly number[]) => string | Uint8Array {
  if (name === 'json' || name === 'text' || name === 'raw') return formats[name];
  throw new Error(`invalid value for --format: ${JSON.stringify(name)} (must be json, text or raw)`);
}

function rawVector(vector: readonly number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(vector.length * 4));
  for (const [i, value] of vector.entries()) bytes.setFloat32(i * 4, value, true);
  return new Uint8Array(bytes.buffer);
}

async function* groupsOf<T>(items: Iterable<T> | AsyncIterable<T>, size: number): AsyncGenerator<T[], void> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** Waits for a reader that is slower than the model. */
async function write(output: OutputStream, data: string | Uint8Array): Promise<void> {
  if (!output.write(data)) await once(output, 'drain');
}
