/**
 * The project's own test of search: 1,000 sentences, 100 questions (model/search), two small models of its own. The `ollama` client
 * embeds, plain HTTP reranks the nearest ten, and for every question the passage that answers it must come first.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ollama } from 'ollama';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root, startCria, type TestServer } from '../support/cria.ts';

interface Search {
  readonly passages: readonly string[];
  /** `passage`: place of the only passage that answers. */
  readonly queries: readonly { readonly query: string; readonly passage: number }[];
}
const { passages, queries }: Search = JSON.parse(
  readFileSync(path.join(root, 'model/search/search.json'), 'utf8'),
);
const nNearest = 10;

let server: TestServer;
let ollama: Ollama;

beforeAll(async () => {
  server = await startCria();
  ollama = new Ollama({ host: server.url });
  for (const model of ['cria-embed', 'cria-rerank']) await create(model);
});
afterAll(() => server.stop());

/** Uploads the file and makes a model of it, as clients do. */
async function create(model: string): Promise<void> {
  const bytes = new Uint8Array(readFileSync(path.join(root, 'model', `${model}.gguf`)));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const uploaded = await fetch(`${server.url}/api/blobs/${digest}`, { method: 'POST', body: bytes });
  expect(uploaded.status).toBe(201);
  const body = JSON.stringify({ model, files: { 'model.gguf': digest }, stream: false });
  const created = await fetch(`${server.url}/api/create`, { method: 'POST', body });
  expect(await created.json()).toEqual({ status: 'success' });
}

/** Of vectors of length 1. */
function similarity(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

interface Ranked {
  readonly results: readonly { readonly index: number; readonly relevance_score: number }[];
}

async function rerank(url: string, query: string, documents: readonly string[]): Promise<Ranked> {
  const response = await fetch(server.url + url, {
    method: 'POST',
    body: JSON.stringify({ model: 'cria-rerank', query, documents, top_n: 3 }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Ranked; // the test looks at what it expects to be there
}

describe('search', () => {
  /** Places of the passages nearest to each question. */
  let nearest: readonly (readonly number[])[];

  it('finds the passage among the nearest ten', async () => {
    const vectors: number[][] = [];
    for (let from = 0; from < passages.length; from += 250) {
      const input = passages.slice(from, from + 250);
      vectors.push(...(await ollama.embed({ model: 'cria-embed', input })).embeddings);
    }
    expect(vectors).toHaveLength(1000);
    const asked = await ollama.embed({ model: 'cria-embed', input: queries.map(({ query }) => query) });
    nearest = asked.embeddings.map((question) =>
      vectors
        .map((vector, i) => ({ i, score: similarity(question, vector) }))
        .sort((a, b) => b.score - a.score)
        .slice(0, nNearest)
        .map(({ i }) => i),
    );
    const missed = queries.filter(({ passage }, i) => !nearest[i]?.includes(passage));
    expect(missed).toEqual([]);
  });

  it.each(['/api/rerank', '/v1/rerank'])('puts it first with %s', async (url) => {
    const answers = await Promise.all(
      queries.map(async ({ query, passage }, i) => {
        const places = nearest[i] ?? [];
        const documents = places.map((place) => passages[place] ?? '');
        const { results } = await rerank(url, query, documents);
        expect(results).toHaveLength(3);
        return { query, first: places[results[0]?.index ?? -1], passage };
      }),
    );
    expect(answers.filter(({ first, passage }) => first !== passage)).toEqual([]);
  });

  it('gives low scores where nothing answers', async () => {
    const { results } = await rerank('/api/rerank', queries[0]?.query ?? '', [
      'The sea is blue.',
      'Two and two make four.',
    ]);
    for (const { relevance_score } of results) expect(relevance_score).toBeLessThan(0.5);
  });
});
