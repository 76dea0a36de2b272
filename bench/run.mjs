// npm run bench: generation and embeddings, each against llama.cpp's own tools where bench/build-peer made them.
//   -- --only generation     -- --only embeddings     -- --only models     -- --1b (the 1B model as well)     -- --repeats 5
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureInstalled } from '../scripts/setup.mjs';

ensureInstalled();
ensureBuilt();
const { benchEmbeddings } = await import('./embed.mjs');
const { benchGeneration } = await import('./generate.mjs');
const { benchModels } = await import('./models.mjs');
const { print } = await import('./measure.mjs');

const { values: flags } = parseArgs({
  options: {
    '1b': { type: 'boolean', default: false },
    only: { type: 'string' },
    repeats: { type: 'string', default: '3' },
  },
});
const repeats = Number(flags.repeats);

const cpu = cpus()[0]?.model ?? 'unknown processor';
const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
print(
  `${new Date().toISOString().slice(0, 10)} · ${cpu}, ${cpus().length} cores, ${memory} · Node ${process.version}`,
);
print(`Medians of ${repeats}.`);
const isWanted = (part) => flags.only === undefined || flags.only === part;
if (isWanted('generation')) {
  for (const shape of flags['1b'] ? ['90m', '1b'] : ['90m']) await benchGeneration(shape, repeats);
}
if (isWanted('embeddings')) await benchEmbeddings(repeats);
if (isWanted('models')) await benchModels();
