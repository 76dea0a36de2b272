/** Every way in which the endpoints for vectors, scores and tokens refuse: status and words, from the real server. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRandomBert } from '../../src/engine/testdata/random-bert.ts';
import { startCria, type TestServer } from '../support/cria.ts';

let folder: string;
let server: TestServer;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'cria-e2e-errors-'));
  server = await startCria();
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

/** What is sent, what comes back. A text is sent as it is. */
type Row = readonly [body: string | object, status: number, answer: string | object];

/** Fields that make a request of any of the endpoints whole. */
const whole = {
  input: 'dog',
  prompt: 'dog',
  query: 'who ran',
  documents: ['the dog'],
  text: 'dog',
  tokens: [5],
};
const long = 'dog '.repeat(100);

/** `goName`: as the decoder's messages call the request. */
function common(goName: string, noModel: readonly [status: number, error: string]): readonly Row[] {
  return [
    ['', 400, 'missing request body'],
    ['{', 400, 'unexpected EOF'],
    ['{"model":}', 400, "invalid character '}' looking for beginning of value"],
    ['[]', 400, `json: cannot unmarshal array into Go value of type api.${goName}`],
    [
      { ...whole, model: 5 },
      400,
      `json: cannot unmarshal number into Go struct field ${goName}.model of type string`,
    ],
    [whole, ...noModel],
    [{ ...whole, model: '' }, ...noModel],
    [{ ...whole, model: 'a b' }, 400, 'invalid model name'],
    [{ ...whole, model: 'nothing' }, 404, 'model "nothing" not found, try pulling it first'],
    [
      { ...whole, model: 'vectors', options: 5 },
      400,
      `json: cannot unmarshal number into Go struct field ${goName}.options of type map[string]interface {}`,
    ],
    [
      { ...whole, model: 'vectors', options: { num_ctx: 'x' } },
      500,
      'option "num_ctx" must be of type integer',
    ],
  ];
}

const required = [400, 'model is required'] as const;
const noEmbedding = '"scores" is a reranking model: it gives scores, not embeddings';
const nothing = { model: 'vectors', embeddings: [] };

const rerankRows: readonly Row[] = [
  ...common('RerankRequest', required),
  [{ ...whole, model: 'scores', query: '' }, 400, 'query is required'],
  [
    { ...whole, model: 'scores', query: 5 },
    400,
    'json: cannot unmarshal number into Go struct field RerankRequest.query of type string',
  ],
  [{ ...whole, model: 'scores', documents: [] }, 400, 'documents are required'],
  [{ ...whole, model: 'scores', documents: null }, 400, 'documents are required'],
  [
    { ...whole, model: 'scores', documents: 'dog' },
    400,
    'json: cannot unmarshal string into Go struct field RerankRequest.documents of type []interface {}',
  ],
  [{ ...whole, model: 'scores', documents: [5] }, 400, 'documents must be texts, or objects with a text'],
  [
    { ...whole, model: 'scores', documents: [{ title: 'dog' }] },
    400,
    'documents must be texts, or objects with a text',
  ],
  [{ ...whole, model: 'scores', top_n: 0 }, 400, 'top_n must be at least 1'],
  [{ ...whole, model: 'scores', top_n: -1 }, 400, 'top_n must be at least 1'],
  [
    { ...whole, model: 'cria-mini' },
    400,
    '"cria-mini" does not support reranking: it has no classifier (pooling type rank) and is not an embedding model',
  ],
];

const rows: Readonly<Record<string, readonly Row[]>> = {
  '/api/embed': [
    ...common('EmbedRequest', [404, "model '' not found"]),
    [{ model: 'vectors' }, 200, nothing],
    [{ model: 'vectors', input: null }, 200, nothing],
    [{ model: 'vectors', input: '' }, 200, nothing],
    [{ model: 'vectors', input: [] }, 200, nothing],
    [{ model: 'vectors', input: 5 }, 400, 'invalid input type'],
    [{ model: 'vectors', input: true }, 400, 'invalid input type'],
    [{ model: 'vectors', input: {} }, 400, 'invalid input type'],
    [{ model: 'vectors', input: ['a', 5] }, 400, 'invalid input type'],
    [{ model: 'vectors', input: ['a', null] }, 400, 'invalid input type'],
    [
      { model: 'vectors', input: 'a', dimensions: 'x' },
      400,
      'json: cannot unmarshal string into Go struct field EmbedRequest.dimensions of type int',
    ],
    [
      { model: 'vectors', input: ['a', long], truncate: false },
      400,
      'the input length exceeds the context length',
    ],
    [
      { model: 'vectors', input: long, options: { num_batch: 2 } },
      400,
      'input exceeds maximum context length and cannot be truncated further',
    ],
    [{ model: 'scores', input: 'a' }, 400, noEmbedding],
  ],
  '/api/embeddings': [
    ...common('EmbeddingRequest', required),
    [{ model: 'vectors' }, 200, { embedding: [] }],
    [{ model: 'vectors', prompt: '' }, 200, { embedding: [] }],
    [{ model: 'vectors', prompt: long }, 500, 'the input length exceeds the context length'],
    [{ model: 'scores', prompt: 'a' }, 400, noEmbedding],
  ],
  '/api/rerank': rerankRows,
  '/v1/rerank': rerankRows,
  '/v2/rerank': rerankRows,
  '/api/tokenize': [
    ...common('TokenizeRequest', required),
    [
      { model: 'vectors', text: 5 },
      400,
      'json: cannot unmarshal number into Go struct field TokenizeRequest.text of type string',
    ],
  ],
  '/api/detokenize': [
    ...common('DetokenizeRequest', required),
    [{ model: 'vectors', tokens: [99_999] }, 400, 'the vocabulary has no token 99999'],
    [{ model: 'vectors', tokens: [-1] }, 400, 'the vocabulary has no token -1'],
    [
      { model: 'vectors', tokens: [1.5] },
      400,
      'json: cannot unmarshal number 1.5 into Go struct field DetokenizeRequest.tokens of type int',
    ],
    [
      { model: 'vectors', tokens: ['a'] },
      400,
      'json: cannot unmarshal string into Go struct field DetokenizeRequest.tokens of type int',
    ],
  ],
};

describe.each(Object.entries(rows))('%s', (url, table) => {
  it.each(table)('%j → %i', async (body, status, answer) => {
    const response = await fetch(server.url + url, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    expect({ status: response.status, json: await response.json() }).toEqual({
      status,
      json: typeof answer === 'string' ? { error: answer } : answer,
    });
  });
});
