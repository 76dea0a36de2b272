// npm run bench: the engine in its process, the same through HTTP, and llama.cpp's own tools where bench/build-peer made them.
//   npm run bench            the 90M model          npm run bench -- --1b    the 1B model as well
//   npm run bench -- --repeats 5
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureInstalled, root } from '../scripts/setup.mjs';

ensureInstalled();
ensureBuilt();
const { benchModel, workDir } = await import('./model.mjs');
const { measureCria, measureLlamaServer } = await import('./http.mjs');
const { promptWords, streamCounts, tokensPerStream } = await import('./measure.mjs');

const { values: flags } = parseArgs({
  options: { '1b': { type: 'boolean', default: false }, repeats: { type: 'string', default: '3' } },
});
const repeats = Number(flags.repeats);
const peer = path.join(workDir, 'peer', 'build', 'bin');

const cpu = cpus()[0]?.model ?? 'unknown processor';
print(
  `${new Date().toISOString().slice(0, 10)} · ${cpu}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB · Node ${process.version}`,
);
print(
  `Tokens per second of all streams together, ${tokensPerStream} each, prompts of ${promptWords} words, median of ${repeats}.`,
);

for (const shape of flags['1b'] ? ['90m', '1b'] : ['90m']) {
  const model = await benchModel(shape);
  const rows = {};
  const engine = measureEngine(model);
  rows['engine in its process'] = engine.plain;
  rows['engine, JSON Schema output'] = engine.json;
  const cria = await measureCria(model, repeats);
  rows['cria through HTTP'] = cria.rates;
  const batchedBench = path.join(peer, 'llama-batched-bench');
  if (existsSync(batchedBench)) {
    rows['llama-batched-bench (no sampling)'] = measureBatchedBench(batchedBench, model);
    rows['llama-server through HTTP'] = (
      await measureLlamaServer(path.join(peer, 'llama-server'), model, repeats)
    ).rates;
  }
  print(`\n### ${shape} Q8_0\n`);
  table(rows);
  print('');
  ratios(rows);
  print(`\nServer ready ${cria.readyMs.toFixed(0)} ms after its process was started.`);
}

function measureEngine(model) {
  const script = path.join(root, 'bench', 'engine.mjs');
  const output = execFileSync(process.execPath, [script, model, `${repeats}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(output.toString().trim().split('\n').at(-1));
}

function measureBatchedBench(binary, model) {
  const args = [
    '-m',
    model,
    '-c',
    `${16 * 1024}`,
    '-b',
    '2048',
    '-ub',
    '512',
    '-npp',
    '64',
    '-ntg',
    `${tokensPerStream}`,
  ];
  const runs = Array.from({ length: repeats }, () => {
    const output = execFileSync(
      binary,
      [...args, '-npl', streamCounts.join(','), '-ngl', '0', '-kvu', '--output-format', 'jsonl'],
      { stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 2 ** 26 },
    );
    const lines = output
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    return Object.fromEntries(lines.map((line) => JSON.parse(line)).map((row) => [row.pl, row.speed_tg]));
  });
  return Object.fromEntries(
    streamCounts.map((count) => [count, runs.map((run) => run[count]).sort((a, b) => a - b)[repeats >> 1]]),
  );
}

function table(rows) {
  print(`| streams | ${streamCounts.join(' | ')} |`);
  print(`|---|${streamCounts.map(() => '---:|').join('')}`);
  for (const [name, rates] of Object.entries(rows)) {
    print(`| ${name} | ${streamCounts.map((count) => rates[count].toFixed(0)).join(' | ')} |`);
  }
}

function ratios(rows) {
  const pairs = [
    ['engine in its process', 'llama-batched-bench (no sampling)'],
    ['engine, JSON Schema output', 'engine in its process'],
    ['cria through HTTP', 'engine in its process'],
    ['cria through HTTP', 'llama-server through HTTP'],
  ].filter((pair) => pair.every((name) => rows[name] !== undefined));
  print(`| ratio | ${streamCounts.join(' | ')} |`);
  print(`|---|${streamCounts.map(() => '---:|').join('')}`);
  for (const [a, b] of pairs) {
    print(`| ${a} ÷ ${b} | ${streamCounts.map((n) => (rows[a][n] / rows[b][n]).toFixed(2)).join(' | ')} |`);
  }
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
