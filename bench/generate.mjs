// Generation: the engine in its process, the same through HTTP, and llama.cpp's own tools where bench/build-peer made them.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { root } from '../scripts/setup.mjs';
import { measureCria, measureLlamaServer } from './http.mjs';
import { print, promptWords, streamCounts, tokensPerStream } from './measure.mjs';
import { benchModel } from './model.mjs';
import { peerTool } from './servers.mjs';

/** Prints the tables of one model, `90m` or `1b`; every figure is the median of `repeats`. */
export async function benchGeneration(shape, repeats) {
  const model = await benchModel(shape);
  const rows = {};
  const engine = measureEngine(model, repeats);
  rows['engine in its process'] = engine.plain;
  rows['engine, JSON Schema output'] = engine.json;
  const cria = await measureCria(model, repeats);
  rows['cria through HTTP'] = cria.rates;
  const batchedBench = peerTool('llama-batched-bench');
  if (batchedBench !== undefined)
    rows['llama-batched-bench (no sampling)'] = measureBatchedBench(batchedBench, model, repeats);
  const llamaServer = peerTool('llama-server');
  if (llamaServer !== undefined)
    rows['llama-server through HTTP'] = await measureLlamaServer(llamaServer, model, repeats);

  print(`\n### Generation, ${shape} Q8_0: tokens per second of all streams together`);
  print(`${tokensPerStream} tokens a stream, prompts of ${promptWords} words\n`);
  table(rows);
  print('');
  ratios(rows);
  print(`\nServer ready ${cria.readyMs.toFixed(0)} ms after its process was started.`);
}

function measureEngine(model, repeats) {
  const script = path.join(root, 'bench', 'engine.mjs');
  const output = execFileSync(process.execPath, [script, model, `${repeats}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(output.toString().trim().split('\n').at(-1));
}

function measureBatchedBench(binary, model, repeats) {
  const size = ['-c', `${16 * 1024}`, '-b', '2048', '-ub', '512', '-ngl', '0', '-kvu'];
  const work = ['-npp', '64', '-ntg', `${tokensPerStream}`, '-npl', streamCounts.join(',')];
  const runs = Array.from({ length: repeats }, () => {
    const output = execFileSync(binary, ['-m', model, ...size, ...work, '--output-format', 'jsonl'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 26,
    });
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
