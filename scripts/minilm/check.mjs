// Compares cria with sentence-transformers on a real model, MiniLM: `node scripts/minilm/check.mjs [--write] [WORK_FOLDER]`.
// Installs the Python packages into WORK_FOLDER/venv (about 5 GB with PyTorch), converts the model with `cria create`, and asks a
// real server for tokens and vectors of the 200 texts of texts.json. --write keeps what the tests compare with.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { weightsOf, withServer } from '../own-server.mjs';
import { root } from '../setup.mjs';

const model = 'minilm';
const least = 0.9999;
const isWriting = process.argv.includes('--write');
const folder = process.argv.slice(2).find((argument) => !argument.startsWith('--'));
const work = path.resolve(folder ?? path.join(root, 'node_modules/.cache/cria/minilm'));
const here = path.join(root, 'scripts/minilm');
const expectedFile = path.join(root, 'src/engine/testdata/minilm-expected.json');
const numbersKept = 8;

mkdirSync(work, { recursive: true });
const expected = computeExpected();
const models = path.join(work, 'models');
rmSync(models, { recursive: true, force: true });
const failures = await withServer(models, async (server) => {
  const modelfile = path.join(work, 'Modelfile');
  writeFileSync(modelfile, `FROM ${expected.folder}\n`);
  server.cria('create', model, '-f', modelfile, '--quantize', 'f32');
  const nFailures = await compare(server);
  console.log(`for the tests: CRIA_MINILM=${await weightsOf(server, model)}`);
  return nFailures;
});
if (isWriting) writeExpected();
process.exit(failures === 0 ? 0 : 1);

/** Runs the Python side; what it has installed and computed is kept. */
function computeExpected() {
  const venv = path.join(work, 'venv');
  const python = path.join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const run = (file, ...args) =>
    execFileSync(file, args, { stdio: ['ignore', 2, 2], env: { ...process.env, HF_HUB_OFFLINE: '1' } });
  if (!existsSync(python)) run('python3', '-m', 'venv', venv);
  run(python, '-m', 'pip', 'install', '--quiet', '-r', path.join(here, 'requirements.txt'));
  const output = path.join(work, 'expected.json');
  const inputs = ['texts.json', 'reference.py'].map((file) => statSync(path.join(here, file)).mtimeMs);
  if (!existsSync(output) || statSync(output).mtimeMs < Math.max(...inputs))
    run(python, path.join(here, 'reference.py'), output);
  return JSON.parse(readFileSync(output, 'utf8'));
}

/** Prints what differs; resolves to the number of texts that do. */
async function compare({ post }) {
  const { texts, maxTokens } = expected;
  const input = texts.map(({ text }) => text);
  const { embeddings, prompt_eval_count } = await post('/api/embed', { model, input });
  const rows = [];
  for (const [i, { text, tokens, vector }] of texts.entries()) {
    const own = await post('/api/tokenize', { model, text, add_special: true, parse_special: true });
    // An empty text alone would only load the model.
    const [alone] = (await post('/api/embed', { model, input: [text] })).embeddings;
    rows.push({
      text,
      sameTokens: own.tokens.join() === tokens.join(),
      cosine: Math.min(cosine(embeddings[i], vector), cosine(alone, vector)),
    });
  }
  const bad = rows.filter(({ sameTokens, cosine }) => !sameTokens || !(cosine >= least));
  for (const row of bad) console.log(JSON.stringify(row));
  const cosines = rows.map((row) => row.cosine).sort((a, b) => a - b);
  const counted = texts.reduce((sum, { tokens }) => sum + Math.min(tokens.length, maxTokens), 0);
  console.log(
    `${texts.length} texts, ${texts.filter(({ tokens }) => tokens.length > maxTokens).length} longer than ${maxTokens} tokens`,
  );
  console.log(`same tokens: ${rows.filter((row) => row.sameTokens).length}`);
  console.log(`cosine: least ${cosines[0].toFixed(7)}, median ${cosines[cosines.length >> 1].toFixed(7)}`);
  console.log(`tokens counted: ${prompt_eval_count}, expected ${counted}`);
  return bad.length + (prompt_eval_count === counted ? 0 : 1);
}

function cosine(a, b) {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** All tokens, and the first numbers of each vector. */
function writeExpected() {
  const texts = expected.texts.map(({ text, tokens, vector }) =>
    JSON.stringify({ text, tokens, vector: vector.slice(0, numbersKept) }),
  );
  writeFileSync(expectedFile, `{"maxTokens":${expected.maxTokens},"texts":[\n${texts.join(',\n')}\n]}\n`);
}
