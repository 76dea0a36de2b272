/** What POST /api/generate and POST /api/chat refuse, with the status and the words that clients of Ollama know. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ollama } from 'ollama';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRandomBert } from '../../src/engine/testdata/random-bert.ts';
import { writeRandomModel } from '../../src/engine/testdata/random-model.ts';
import { tinyModel } from '../../src/gguf/testdata/tiny-model.ts';
import { writeGguf } from '../../src/gguf/writer.ts';
import { addModel, post, startCria, type TestServer } from '../support/cria.ts';

let folder: string;
let server: TestServer;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'cria-e2e-errors-'));
  server = await startCria({ OLLAMA_NUM_PARALLEL: '1', OLLAMA_MAX_QUEUE: '1' });
  const file = (name: string): string => path.join(folder, name);
  await writeRandomModel(file('plain'));
  await writeRandomBert(file('vectors'));
  // Its header is sound as far as it goes, but llama.cpp wants more of it.
  await writeGguf(file('unloadable'), tinyModel());
  for (const name of ['plain', 'vectors', 'unloadable']) await addModel(server, name, file(name));
  breakStore();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Models that only a damaged store, another program or another version has. */
function breakStore(): void {
  const manifests = path.join(server.modelsDir, 'manifests/registry.ollama.ai/library');
  const blobs = path.join(server.modelsDir, 'blobs');
  const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
  const manifest = read(path.join(manifests, 'plain/latest'));
  const config = read(path.join(blobs, manifest.config.digest.replace(':', '-')));
  const blob = (id: string, content: string): object => {
    writeFileSync(path.join(blobs, `sha256-${id.repeat(64)}`), content);
    return { digest: `sha256:${id.repeat(64)}`, size: content.length };
  };
  const write = (name: string, content: string): void => {
    mkdirSync(path.join(manifests, name));
    writeFileSync(path.join(manifests, name, 'latest'), content);
  };
  const configured = (id: string, changes: object) => ({
    ...manifest,
    config: { ...manifest.config, ...blob(id, JSON.stringify({ ...config, ...changes })) },
  });
  const withLayer = (layer: object) => ({ ...manifest, layers: [...manifest.layers, layer] });
  write('broken', '{');
  write(
    'torn',
    JSON.stringify({ ...manifest, layers: [{ ...manifest.layers[0], digest: `sha256:${'0'.repeat(64)}` }] }),
  );
  write('stub', JSON.stringify(configured('1', { remote_host: 'https://ollama.com', remote_model: 'm' })));
  write('painter', JSON.stringify(configured('2', { capabilities: ['image'] })));
  write('oldqwen', JSON.stringify(configured('3', { model_family: 'qwen3', model_families: ['qwen3'] })));
  const mllama = configured('5', { model_family: 'mllama', model_families: ['mllama'] });
  const [weights] = manifest.layers;
  const projector = { ...weights, mediaType: 'application/vnd.ollama.image.projector' };
  write('oldvision', JSON.stringify({ ...mllama, layers: [weights, projector] }));
  write('oneeyed', JSON.stringify(mllama));
  const template = { mediaType: 'application/vnd.ollama.image.template', ...blob('4', '{{ .Prompt') };
  write('untold', JSON.stringify(withLayer(template)));
}

/** A body, or fields to add to a sound one; what it is answered with. Where clients do not read the words, any will do. */
type Row = readonly [body: string | object, status: number, error?: string | RegExp];

const plainName = 'registry.ollama.ai/library/plain:latest';
const cloudDisabled = 'ollama cloud is disabled: remote model is unavailable';
const thinkValues = '"high", "medium", "low", "max", true, or false';
const long = 'the dog ran over the hill and '.repeat(30);
const picture = 'iVBORw0KGgo=';

/** What both endpoints refuse; `ask` has the fields that make the model say something. */
const common = (ask: (text: string) => object): readonly Row[] => [
  // bodies
  ['', 400, 'missing request body'],
  [' \n', 400, 'missing request body'],
  ['x', 400],
  ['{"model":', 400],
  ['[]', 400],
  [{ stream: 'yes' }, 400],
  [{ model: 7 }, 400],
  [{ options: [] }, 400],
  [{ top_logprobs: 'many' }, 400],
  // values that are checked before the model is looked for
  [{ model: 'nope', think: 'hard' }, 400, `invalid think value: "hard" (must be ${thinkValues})`],
  [{ model: 'nope', think: 1 }, 400, `think must be a boolean or string (${thinkValues})`],
  [{ model: 'nope', keep_alive: '300' }, 400, 'time: missing unit in duration "300"'],
  [{ model: 'nope', keep_alive: '' }, 400, 'time: invalid duration ""'],
  [{ model: 'nope', keep_alive: 'soon' }, 400, 'time: invalid duration "soon"'],
  [{ model: 'nope', keep_alive: true }, 400, "Unsupported type: 'bool'"],
  [{ model: 'nope', keep_alive: [] }, 400, "Unsupported type: '[]interface {}'"],
  [{ model: 'nope', keep_alive: {} }, 400, "Unsupported type: 'map[string]interface {}'"],
  [{ model: 'a b', top_logprobs: -1 }, 400, 'top_logprobs must be between 0 and 20'],
  [{ model: '', top_logprobs: 21 }, 400, 'top_logprobs must be between 0 and 20'],
  // names
  [{ model: 'a b' }, 400, 'invalid model name'],
  [{ model: '../plain' }, 400, 'invalid model name'],
  [{ model: 'foo:cloud:local' }, 400, 'use either :local or :cloud, not both: "foo:cloud:local"'],
  [{ model: 'Nope:1b' }, 404, "model 'Nope:1b' not found"],
  [{ model: 'plain:cloud' }, 403, cloudDisabled],
  [{ model: 'gpt-oss:20b-cloud' }, 403, cloudDisabled],
  [{ model: 'stub' }, 403, cloudDisabled],
  [{ model: 'stub:local' }, 404, "model 'stub:local' not found"],
  // what is stored
  [{ model: 'broken' }, 500, /^manifest of broken:latest is not JSON/],
  [{ model: 'untold' }, 500, /^template: /],
  [{ model: 'torn' }, 404, 'model "torn" not found, try pulling it first'],
  [{ model: 'unloadable' }, 500, /^llama.cpp could not load the model: .*key not found/],
  [
    { model: 'oldvision' },
    500,
    "'llama3.2-vision' is no longer compatible with your version of Ollama and has been replaced by a newer version. To re-download, run 'ollama pull llama3.2-vision'",
  ],
  // what the model cannot
  [{ think: true }, 400, '"plain" does not support thinking'],
  [{ think: 'low' }, 400, '"plain" does not support thinking'],
  [
    { model: 'oldqwen', think: true },
    400,
    '"oldqwen" does not support thinking. Pull the model again to get the latest version with full thinking support',
  ],
  // options
  [{ options: { seed: 'x' } }, 500, 'option "seed" must be of type integer'],
  [{ options: { num_ctx: '4096' } }, 500, 'option "num_ctx" must be of type integer'],
  [{ options: { use_mmap: 1 } }, 500, 'option "use_mmap" must be of type boolean'],
  [{ options: { temperature: 'hot' } }, 500, 'option "temperature" must be of type float32'],
  [{ options: { temperature: {} } }, 500, 'option "temperature" must be of type float32'],
  [{ options: { stop: 'x' } }, 500, 'option "stop" must be of type array'],
  [{ options: { stop: ['x', 1] } }, 500, 'option "stop" must be of an array of strings'],
  [{ options: { repeat_penalty: 0 } }, 400, 'repeat_penalty must be greater than 0'],
  [{ options: { logit_bias: 1 } }, 500, 'option "logit_bias" must be of type array'],
  [
    { options: { logit_bias: [[1, 'x']] } },
    500,
    'option "logit_bias" must be an array of [token id, bias] pairs',
  ],
  [{ options: { logit_bias: { 99999: 1 } } }, 400, 'logit_bias: the vocabulary has no token 99999'],
  // formats
  [{ format: 'yaml' }, 500, 'invalid format: "\\"yaml\\""; expected "json" or a valid JSON Schema object'],
  [{ format: 7 }, 500, 'invalid format: "7"; expected "json" or a valid JSON Schema object'],
  [{ format: true }, 500, 'invalid format: "true"; expected "json" or a valid JSON Schema object'],
  [
    { format: ['json'] },
    500,
    'invalid format: "[\\"json\\"]"; expected "json" or a valid JSON Schema object',
  ],
  [{ format: { type: 'string', pattern: '(a)\\1' } }, 400, /pattern/],
  [{ format: { type: 'object', not: {} } }, 400, /allows no value/],
  [{ format: { type: 'gbnf' } }, 400, 'format of type "gbnf" needs its text in "grammar"'],
  [{ format: { type: 'gbnf', grammar: 'root ::= missing' } }, 400, /GBNF/],
  // the context
  [
    { ...ask(long), shift: false, options: { num_ctx: 64 } },
    400,
    'the prompt is longer than the context length currently available to the model; shorten the prompt, adjust the context length in settings, or use a model with a longer context length',
  ],
  [
    { ...ask(long), truncate: false, options: { num_ctx: 64 } },
    400,
    /exceeds the available context size \(64 tokens\)/,
  ],
];

const prompt = (text: string) => ({ prompt: text });
const generateRows: readonly Row[] = [
  ...common(prompt),
  ['null', 404, "model '' not found"],
  [{ model: '' }, 404, "model '' not found"],
  [{ model: '  ' }, 404, "model '' not found"],
  [{ prompt: ['x'] }, 400],
  [{ context: ['x'] }, 400],
  [{ context: [99999] }, 400, 'the vocabulary has no token 99999'],
  [{ images: [`data:image/png;base64,${picture}`] }, 400, 'illegal base64 data at input byte 4'],
  [{ images: ['iVBORw0KGgo'] }, 400, 'illegal base64 data at input byte 8'],
  [{ images: [picture] }, 400, `${plainName} does not support vision`],
  [
    { model: 'oneeyed', images: [picture, picture] },
    400,
    'this model only supports one image while more than one image requested',
  ],
  [{ model: 'painter' }, 400, 'image generation models are not currently supported'],
  [{ model: 'vectors' }, 400, '"vectors" does not support generate'],
  [{ suffix: 'end' }, 400, `${plainName} does not support insert`],
  [{ raw: true, template: 'x' }, 400, 'raw mode does not support template, system, or context'],
  [{ raw: true, system: 'x' }, 400, 'raw mode does not support template, system, or context'],
  [{ raw: true, context: [1] }, 400, 'raw mode does not support template, system, or context'],
  [{ template: '{{ .Prompt }' }, 500, 'template: :1: unexpected "}" in operand'],
  [{ template: '{{ index .Messages 9 }}' }, 500, /index out of range: 9/],
];

const messages = (text: string) => ({ messages: [{ role: 'user', content: text }] });
const chatRows: readonly Row[] = [
  ...common(messages),
  ['null', 400, 'model is required'],
  [{ model: '' }, 400, 'model is required'],
  [{ model: '  ' }, 400, 'model is required'],
  [{ messages: 'hi' }, 400],
  [{ messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] }, 400],
  [{ messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: '{}' } }] }] }, 400],
  [{ messages: [{ role: 'user', images: ['http://x'] }] }, 400, 'illegal base64 data at input byte 4'],
  [{ messages: [{ role: 'user', images: [picture] }] }, 400, `${plainName} does not support vision`],
  [{ tools: {} }, 400],
  [{ tools: [{ type: 'function', function: { name: 'f' } }] }, 400, `${plainName} does not support tools`],
  [{ model: 'vectors' }, 400, '"vectors" does not support chat'],
];

describe.each([
  ['/api/generate', prompt, generateRows],
  ['/api/chat', messages, chatRows],
] as const)('POST %s', (url, ask, rows) => {
  it.for(rows)('%j: %d %s', async ([body, status, error = /./]) => {
    const whole = typeof body === 'string' ? body : { model: 'plain', ...ask('x'), ...body };
    const answer = await post(server, url, whole);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json(; charset=utf-8)?$/);
    expect(answer).toMatchObject({
      status,
      json: { error: typeof error === 'string' ? error : expect.stringMatching(error) },
    });
    expect(Object.keys(answer.json)).toEqual(['error']);
  });

  it('reaches users of the official package', async () => {
    const ollama = new Ollama({ host: server.url });
    const refused =
      url === '/api/chat' ? ollama.chat({ model: 'nope' }) : ollama.generate({ model: 'nope', prompt: '' });
    await expect(refused).rejects.toMatchObject({ error: "model 'nope' not found", status_code: 404 });
  });

  it('refuses who would wait behind too many others, and forgets who has gone', async () => {
    const request = (signal?: AbortSignal) =>
      fetch(server.url + url, {
        method: 'POST',
        body: JSON.stringify({
          model: 'plain',
          ...ask('x'),
          options: { num_predict: 1_000_000, logit_bias: { 2: false } },
        }),
        ...(signal === undefined ? {} : { signal }),
      });
    const first = new AbortController();
    const running = await request(first.signal); // it has the only slot
    const second = new AbortController();
    const waiting = request(second.signal);
    const isWaiting = expect.poll(async () => (await request()).status, { timeout: 5_000 });
    await isWaiting.toBe(503);
    const refused = await request();
    expect(await refused.json()).toEqual({
      error: 'server busy, please try again.  maximum pending requests exceeded',
    });

    const nGone = server.log().split(`path=${url} status=499`).length;
    second.abort();
    await expect(waiting).rejects.toThrow('aborted');
    await expect.poll(() => server.log().split(`path=${url} status=499`).length).toBe(nGone + 1);
    first.abort();
    await expect(running.text()).rejects.toThrow('aborted');
    const next = await post(server, url, { model: 'plain', ...ask('x'), options: { num_predict: 1 } });
    expect(next.status).toBe(200);
  });
});
