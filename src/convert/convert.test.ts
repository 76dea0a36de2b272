/** What a conversion refuses, and what it makes of the odds and ends of a folder. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GgufWriteValue } from '../gguf/types.ts';
import { convertFolder } from './convert.ts';
import type { FloatType } from './floats.ts';
import { makeSafetensors } from './testdata/safetensors.ts';
import { converter } from './write-file.ts';

const models = path.join(import.meta.dirname, 'testdata/models');

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-convert-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** The files of a model, some replaced: by bytes, by JSON, or by nothing (`undefined`). */
function folder(name: string, changes: Readonly<Record<string, unknown>> = {}): Map<string, string> {
  const root = path.join(models, name);
  const files = new Map(readdirSync(root).map((file) => [file, path.join(root, file)]));
  for (const [file, content] of Object.entries(changes)) {
    files.delete(file);
    if (content === undefined) continue;
    const target = path.join(dir, file.replaceAll('/', '_'));
    writeFileSync(target, Buffer.isBuffer(content) ? content : JSON.stringify(content));
    files.set(file, target);
  }
  return files;
}

function json(name: string, file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path.join(models, name, file), 'utf8'));
}

/** config.json of a model with changes. */
function config(name: string, changes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { 'config.json': { ...json(name, 'config.json'), ...changes } };
}

async function metadataOf(
  files: Map<string, string>,
  type?: FloatType,
): Promise<Map<string, GgufWriteValue>> {
  await using conversion = await convertFolder(files, { type });
  return new Map(conversion.content.metadata);
}

/** A safetensors file of zeros in F32. */
function safetensors(shapes: Readonly<Record<string, readonly number[]>>): Buffer {
  return makeSafetensors(
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }])),
  );
}

describe('a folder that makes no sense', () => {
  it.each<[string, () => Map<string, string>, RegExp]>([
    ['no configuration', () => folder('qwen3', { 'config.json': undefined }), /^config.json is missing$/],
    [
      'a list as configuration',
      () => folder('qwen3', { 'config.json': [] }),
      /config.json is not a JSON object/,
    ],
    ['no JSON', () => folder('qwen3', { 'config.json': Buffer.from('{') }), /config.json is not JSON/],
    [
      'no architecture',
      () => folder('qwen3', config('qwen3', { architectures: undefined })),
      /^unknown architecture$/,
    ],
    [
      'an architecture from the prototype',
      () => folder('qwen3', config('qwen3', { architectures: ['toString'] })),
      /^unsupported architecture "toString"$/,
    ],
    [
      'a negative number of layers',
      () => folder('qwen3', config('qwen3', { num_hidden_layers: -1 })),
      /"num_hidden_layers" must be a whole number from 1 to 512/,
    ],
    [
      'a text as width',
      () => folder('qwen3', config('qwen3', { hidden_size: '32' })),
      /"hidden_size" must be a whole number/,
    ],
    [
      'fewer layers than tensors',
      () => folder('qwen3', config('qwen3', { num_hidden_layers: 1 })),
      /tensor "model.layers.1.[^"]+" is not known/,
    ],
    [
      'more layers than tensors',
      () => folder('qwen3', config('qwen3', { num_hidden_layers: 3 })),
      /tensor "layers.2.[^"]+" is missing/,
    ],
    [
      'heads that do not divide the matrix',
      () => folder('llama', config('llama', { num_attention_heads: 5, head_dim: 8 })),
      /do not make 5 heads/,
    ],
    [
      'no output matrix',
      () => folder('qwen3', config('qwen3', { tie_word_embeddings: false })),
      /^tensor "lm_head.weight" is missing$/,
    ],
    ['no weights', () => folder('qwen3', { 'model.safetensors': undefined }), /no safetensors files/],
    [
      'weights of nothing',
      () => folder('qwen3', { 'model.safetensors': safetensors({}) }),
      /"embed_tokens.weight" is missing/,
    ],
    [
      'an embedding that is a vector',
      () => folder('qwen3', { 'model.safetensors': safetensors({ 'model.embed_tokens.weight': [4] }) }),
      /is not a matrix/,
    ],
    [
      'more tokens than rows',
      () => folder('qwen3', { 'model.safetensors': safetensors({ 'model.embed_tokens.weight': [4, 32] }) }),
      /has the id \d+, but the embedding has 4 rows only/,
    ],
    [
      'an index that names a file that is not there',
      () => folder('qwen3', { 'model.safetensors.index.json': { weight_map: { a: 'other.safetensors' } } }),
      /"other.safetensors" is missing/,
    ],
    [
      'an index that leaves the folder',
      () => folder('qwen3', { 'model.safetensors.index.json': { weight_map: { a: '../x.safetensors' } } }),
      /must name a safetensors file/,
    ],
    [
      'an index that is wrong',
      () => folder('qwen3', { 'model.safetensors.index.json': { weight_map: { a: 'model.safetensors' } } }),
      /tensor "a" is not in "model.safetensors", where the index says/,
    ],
    ['no tokenizer', () => folder('qwen3', { 'tokenizer.json': undefined }), /there is no tokenizer/],
    [
      'a unigram vocabulary without scores',
      () =>
        folder('xlm-roberta', {
          'tokenizer.json': {
            ...json('xlm-roberta', 'tokenizer.json'),
            model: { type: 'Unigram', unk_id: 0, vocab: ['a'] },
          },
        }),
      /a token must have a text and a score/,
    ],
    [
      'a unigram vocabulary without unknown characters',
      () =>
        folder('xlm-roberta', {
          'tokenizer.json': {
            ...json('xlm-roberta', 'tokenizer.json'),
            model: { type: 'Unigram', vocab: [] },
          },
        }),
      /"unk_id" is missing/,
    ],
    [
      'fewer positions than are unused',
      () => folder('xlm-roberta', config('xlm-roberta', { max_position_embeddings: 2 })),
      /there are no positions/,
    ],
    [
      'a damaged SentencePiece model',
      () => folder('mistral', { 'tokenizer.model': Buffer.from([0x0a, 0x7f, 1]) }),
      /tokenizer.model is damaged/,
    ],
    [
      'an empty SentencePiece model',
      () => folder('mistral', { 'tokenizer.model': Buffer.alloc(0) }),
      /tokenizer.model has no pieces/,
    ],
  ])('is refused: %s', async (_name, files, message) => {
    const target = path.join(dir, 'out.gguf');
    const converting = converter.model(
      { files: files(), target, type: 'F32' },
      { signal: new AbortController().signal },
    );
    await expect(converting).rejects.toMatchObject({
      code: 'conversion_failed',
      message: expect.stringMatching(message),
    });
    expect(readdirSync(dir)).not.toContain('out.gguf');
  });

  it.each<[string, () => Map<string, string>]>([
    [
      'quantized weights',
      () => folder('qwen3', config('qwen3', { quantization_config: { quant_method: 'gptq' } })),
    ],
    ['another activation function', () => folder('qwen3', config('qwen3', { hidden_act: 'relu' }))],
    ['another rotation', () => folder('qwen3', config('qwen3', { rope_parameters: { rope_type: 'mrope' } }))],
    ['a rotation in part', () => folder('qwen3', config('qwen3', { partial_rotary_factor: 0.5 }))],
    [
      'another order of windows',
      () => folder('gemma2', config('gemma2', { layer_types: ['full_attention', 'sliding_attention'] })),
    ],
    ['experts in some layers', () => folder('qwen3moe', config('qwen3moe', { mlp_only_layers: [0] }))],
    ['experts that do not add up', () => folder('qwen3moe', config('qwen3moe', { norm_topk_prob: false }))],
    ['a Nomic model of experts', () => folder('nomic-bert', config('nomic-bert', { moe_every_n_layers: 2 }))],
    ['a Nomic model with norms first', () => folder('nomic-bert', config('nomic-bert', { prenorm: true }))],
    ...['normalizer', 'pre_tokenizer'].map((step): [string, () => Map<string, string>] => [
      `an unknown ${step} of a unigram tokenizer`,
      () =>
        folder('xlm-roberta', {
          'tokenizer.json': { ...json('xlm-roberta', 'tokenizer.json'), [step]: { type: 'Lowercase' } },
        }),
    ]),
    [
      'a classifier of several classes',
      () =>
        folder('xlm-roberta-rank', {
          'model.safetensors': safetensors({ 'classifier.out_proj.weight': [3, 32] }),
        }),
    ],
    ['another scale of scores', () => folder('gemma2', config('gemma2', { query_pre_attn_scalar: 99 }))],
    [
      'an unknown pre-tokenizer',
      () =>
        folder('qwen3', {
          'tokenizer.json': {
            ...json('qwen3', 'tokenizer.json'),
            pre_tokenizer: {
              type: 'Sequence',
              pretokenizers: [{ type: 'Whitespace' }, { type: 'ByteLevel' }],
            },
          },
        }),
    ],
    [
      'an unknown normalizer',
      () =>
        folder('qwen3', {
          'tokenizer.json': { ...json('qwen3', 'tokenizer.json'), normalizer: { type: 'NFKC' } },
        }),
    ],
    [
      'a further module',
      () =>
        folder('bert', { 'modules.json': [{ type: 'sentence_transformers.models.Dense', path: '2_Dense' }] }),
    ],
  ])('is not done yet: %s', async (_name, files) => {
    await expect(convertFolder(files())).rejects.toMatchObject({ code: 'not_implemented' });
  });
});

describe('metadata', () => {
  it('keeps the context within the window of layers that llama.cpp computes without one', async () => {
    const metadata = await metadataOf(folder('mistral', config('mistral', { sliding_window: 100 })));
    expect(metadata.get('llama.context_length')).toEqual({ type: 'uint32', value: 100 });
  });

  it('names all tokens that end an answer', async () => {
    const files = folder('llama', { 'generation_config.json': { eos_token_id: [301, 302, 7] } });
    const metadata = await metadataOf(files);
    expect(metadata.get('tokenizer.ggml.eos_token_id')).toEqual({ type: 'uint32', value: 302 });
    expect(metadata.get('tokenizer.ggml.eot_token_id')).toEqual({ type: 'uint32', value: 301 });
    expect(metadata.has('tokenizer.ggml.eom_token_id')).toBe(false); // 7 is an ordinary token
  });

  it("of Nomic's BERT is the same under the names of its own code, within the trained length", async () => {
    const own = {
      architectures: ['NomicBertModel'],
      n_embd: 32,
      n_inner: 64,
      n_layer: 2,
      n_head: 4,
      n_positions: 8192,
      layer_norm_epsilon: 1e-12,
      rotary_emb_base: 1000,
      rotary_emb_fraction: 1.0,
      activation_function: 'swiglu',
      prenorm: false,
      causal: false,
      moe_every_n_layers: 0,
    };
    const later = await metadataOf(folder('nomic-bert'));
    const metadata = await metadataOf(folder('nomic-bert', { 'config.json': own }));
    expect(metadata.get('nomic-bert.context_length')).toEqual({ type: 'uint32', value: 2048 });
    later.delete('nomic-bert.context_length');
    metadata.delete('nomic-bert.context_length');
    expect(metadata).toEqual(later);
  });

  it('notes the sampling that its makers recommend, as far as it makes sense', async () => {
    const sampling = { temperature: 0.6, top_k: 20, top_p: 2, min_p: '0', repetition_penalty: 1.05 };
    const metadata = await metadataOf(folder('qwen3', { 'generation_config.json': sampling }));
    const noted = [...metadata].filter(([key]) => key.startsWith('general.sampling.'));
    expect(Object.fromEntries(noted)).toEqual({
      'general.sampling.temp': { type: 'float32', value: 0.6 },
      'general.sampling.top_k': { type: 'uint32', value: 20 },
      'general.sampling.penalty_repeat': { type: 'float32', value: 1.05 },
    });
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['a file', { 'chat_template.jinja': Buffer.from('{{ x }}') }],
    ['JSON', { 'chat_template.json': { chat_template: '{{ x }}' } }],
    ['the tokenizer', { 'tokenizer_config.json': { chat_template: '{{ x }}' } }],
    ['a list', { 'tokenizer_config.json': { chat_template: [{ name: 'default', template: '{{ x }}' }] } }],
  ])('takes the chat template of %s', async (_name, changes) => {
    const metadata = await metadataOf(folder('qwen3', changes));
    expect(metadata.get('tokenizer.chat_template')).toEqual({ type: 'string', value: '{{ x }}' });
  });

  it.each(['mistral', 'llama-bias', 'qwen3'])(
    'of %s leaves out tokens behind the embedding',
    async (name) => {
      const plain = await metadataOf(folder(name));
      const token = { id: 100_000, content: '<image>', special: true };
      const changes =
        name === 'mistral'
          ? {
              'tokenizer_config.json': {
                ...json(name, 'tokenizer_config.json'),
                added_tokens_decoder: { [token.id]: token },
              },
            }
          : {
              'tokenizer.json': {
                ...json(name, 'tokenizer.json'),
                added_tokens: [...(json(name, 'tokenizer.json').added_tokens as object[]), token], // it has a list
              },
            };
      expect(await metadataOf(folder(name, changes))).toEqual(plain);
    },
  );

  it('takes several chat templates by their names', async () => {
    const list = [
      { name: 'default', template: 'a' },
      { name: 'tool_use', template: 'b' },
    ];
    const metadata = await metadataOf(folder('qwen3', { 'tokenizer_config.json': { chat_template: list } }));
    expect(metadata.get('tokenizer.chat_template')).toMatchObject({ value: 'a' });
    expect(metadata.get('tokenizer.chat_template.tool_use')).toMatchObject({ value: 'b' });
    expect(metadata.get('tokenizer.chat_templates')).toMatchObject({ values: ['tool_use'] });
  });
});

it('ends when it is cancelled, and leaves nothing', async () => {
  const target = path.join(dir, 'out.gguf');
  const abort = new AbortController();
  abort.abort();
  const converting = converter.model(
    { files: folder('qwen3'), target, type: undefined },
    { signal: abort.signal },
  );
  await expect(converting).rejects.toMatchObject({ code: 'cancelled' });
  expect(readdirSync(dir)).toEqual([]);
});
