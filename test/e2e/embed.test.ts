/** Vectors, scores and tokens from the real server: the official `ollama` package, plain HTTP, and the command line. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ollama } from 'ollama';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRandomBert } from '../../src/engine/testdata/random-bert.ts';
import { startCria, type TestServer } from '../support/cria.ts';

let folder: string;
let server: TestServer;
let ollama: Ollama;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'cria-e2e-embed-'));
  server = await startCria({ OLLAMA_NUM_PARALLEL: '1' });
  ollama = new Ollama({ host: server.url });
  for (const [name, poolingType] of [
    ['vectors', 1],
    ['scores', 4],
  ] as const) {
    await writeRandomBert(path.join(folder, `${name}.gguf`), { poolingType });
    const modelfile = path.join(folder, name);
    writeFileSync(modelfile, `FROM ./${name}.gguf\n`);
    const { code, stderr } = await server.cli(['create', name, '-f', modelfile]);
    if (code !== 0) throw new Error(stderr);
  }
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function post(url: string, body: object): Promise<{ status: number; json: Record<string, unknown> }> {
  const response = await fetch(server.url + url, { method: 'POST', body: JSON.stringify(body) });
  // The tests look at what they expect to be there.
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

const lengthOf = (vector: readonly number[]): number => Math.hypot(...vector);

describe('embeddings', () => {
  it('are of length 1, one for each input, the same alone and together', async () => {
    const input = ['the dog ran', '', 'a big red house'];
    const { embeddings, prompt_eval_count } = await ollama.embed({ model: 'vectors', input });
    expect(embeddings).toHaveLength(3);
    for (const vector of embeddings) expect(lengthOf(vector)).toBeCloseTo(1, 5);
    expect(prompt_eval_count).toBe(5 + 2 + 6);
    const [alone = []] = (await ollama.embed({ model: 'vectors', input: 'the dog ran' })).embeddings;
    for (const [i, value] of alone.entries()) expect(value).toBeCloseTo(embeddings[0]?.[i] ?? 9, 4);
  });

  it('can be cut, the old way as well as the new', async () => {
    const { embeddings } = await ollama.embed({ model: 'vectors', input: 'dog', dimensions: 8 });
    expect(embeddings[0]).toHaveLength(8);
    expect(lengthOf(embeddings[0] ?? [])).toBeCloseTo(1, 5);
    const { embedding } = await ollama.embeddings({ model: 'vectors', prompt: 'dog' });
    expect(embedding).toHaveLength(32);
  });

  it('come from models that complete text, too, beside their answers', async () => {
    const { embeddings } = await ollama.embed({ model: 'cria-mini', input: 'hello' });
    expect(lengthOf(embeddings[0] ?? [])).toBeCloseTo(1, 5);
    const { eval_count } = await ollama.generate({ model: 'cria-mini', prompt: 'hello' });
    expect(eval_count).toBeGreaterThan(0);
  });

  it.each<[object, number, string]>([
    [{ model: 'nothing', input: 'a' }, 404, 'model "nothing" not found, try pulling it first'],
    [{ model: 'scores', input: 'a' }, 400, '"scores" is a reranking model: it gives scores, not embeddings'],
    [
      { model: 'vectors', input: 'dog '.repeat(100), truncate: false },
      400,
      'the input length exceeds the context length',
    ],
  ])('%j fails', async (body, status, error) => {
    expect(await post('/api/embed', body)).toEqual({ status, json: { error } });
  });

  it('serve many requests at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        ollama.embed({ model: 'vectors', input: i % 2 === 0 ? 'dog' : 'cat' }),
      ),
    );
    const [dog = [], cat = []] = answers.map(({ embeddings }) => embeddings[0] ?? []);
    for (const [i, { embeddings }] of answers.entries()) {
      const expected = i % 2 === 0 ? dog : cat;
      for (const [j, value] of (embeddings[0] ?? []).entries())
        expect(value).toBeCloseTo(expected[j] ?? 9, 4);
    }
  });
});

describe('reranking', () => {
  it.each(['scores', 'vectors'])('sorts documents with %s', async (model) => {
    const documents = ['a tree', { text: 'who ran' }, 'the dog ran over the river'];
    const { status, json } = await post('/v1/rerank', {
      model,
      query: 'who ran',
      documents,
      return_documents: true,
    });
    expect(status).toBe(200);
    const results = json.results as { index: number; relevance_score: number; document: { text: string } }[];
    expect(results.map(({ index }) => index).sort()).toEqual([0, 1, 2]);
    const scores = results.map((result) => result.relevance_score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    // The very same text is nearest to the query where vectors are compared.
    if (model === 'vectors') expect(results[0]).toMatchObject({ index: 1, document: { text: 'who ran' } });
  });

  it('is refused for models that cannot', async () => {
    const { status } = await post('/api/rerank', { model: 'cria-mini', query: 'q', documents: ['d'] });
    expect(status).toBe(400);
  });
});

describe('tokens', () => {
  it('go to ids and back', async () => {
    const { json } = await post('/api/tokenize', { model: 'vectors', text: 'the dogs', add_special: true });
    expect(json).toMatchObject({ tokens: [2, 5, 7, 83, 3], count: 5 });
    const back = await post('/api/detokenize', { model: 'vectors', tokens: [5, 7, 83], special: false });
    expect(back.json.text).toBe(' the dogs');
  });

  it('are counted while the only slot is taken', async () => {
    const stream = await ollama.generate({
      model: 'cria-mini',
      prompt: 'Count.',
      stream: true,
      options: { num_predict: 2000 },
    });
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    const { json } = await post('/api/tokenize', { model: 'cria-mini', text: 'hello', with_pieces: true });
    const pieces = json.pieces as { piece: string }[];
    expect(pieces.map(({ piece }) => piece).join('')).toBe('hello');
    stream.abort();
  });
});

describe('cria embed', () => {
  it('reads lines', async () => {
    const { code, stdout } = await server.cli(['embed', 'vectors', '--dimensions', '4'], {
      input: 'the dog\n\na cat\n',
    });
    expect(code).toBe(0);
    const vectors = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(vectors.map((vector) => vector.length)).toEqual([4, 4, 4]);
  });

  it('is what run does with an embedding model', async () => {
    const { stdout } = await server.cli(['run', 'vectors', 'the dog']);
    expect(JSON.parse(stdout)).toHaveLength(32);
  });
});
