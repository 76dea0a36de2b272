/** What becomes of an adapter's matrices, and which adapters are refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CriaError } from '../../errors.ts';
import type { AdapterBase } from '../../gguf/adapter.ts';
import type { GgufWriteTensor } from '../../gguf/writer.ts';
import { makeSafetensors } from '../testdata/safetensors.ts';
import { convertAdapter } from './convert.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-adapter-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Shapes are ne0 first. */
const base: AdapterBase = {
  architecture: 'llama',
  nHeads: 2,
  nHeadsKv: 1,
  tensors: new Map([
    ['token_embd.weight', [4, 6]],
    ['output.weight', [4, 6]],
    ['blk.0.attn_q.weight', [4, 8]],
    ['blk.0.attn_v.weight', [4, 4]],
  ]),
};
const config = { peft_type: 'LORA', r: 2, lora_alpha: 4 };
const vPath = 'base_model.model.model.layers.0.self_attn.v_proj';

interface Tensor {
  readonly shape: readonly number[];
  readonly values?: readonly number[];
}

/** A pair for the values' projection, each value its index. */
const pair: Readonly<Record<string, Tensor>> = {
  [`${vPath}.lora_A.weight`]: { shape: [2, 4], values: [0, 1, 2, 3, 4, 5, 6, 7] },
  [`${vPath}.lora_B.weight`]: { shape: [4, 2], values: [0, 1, 2, 3, 4, 5, 6, 7] },
};

function folder(
  tensors: Readonly<Record<string, Tensor>> | Buffer,
  json: unknown = config,
  file = 'adapter_model.safetensors',
): Map<string, string> {
  const weights = Buffer.isBuffer(tensors) ? tensors : makeSafetensors(tensors);
  const files = new Map([[file, path.join(dir, file)]]);
  writeFileSync(path.join(dir, file), weights);
  if (json === null) return files;
  writeFileSync(path.join(dir, 'adapter_config.json'), JSON.stringify(json));
  return files.set('adapter_config.json', path.join(dir, 'adapter_config.json'));
}

async function valuesOf({ data }: GgufWriteTensor): Promise<number[]> {
  const chunks: Uint8Array[] = [];
  if (typeof data === 'function') for await (const chunk of data()) chunks.push(chunk);
  return [...new Float32Array(new Uint8Array(Buffer.concat(chunks)).buffer)];
}

/** Metadata, and shape and values of each tensor by name. */
async function convert(files: Map<string, string>): Promise<{
  alpha: unknown;
  tensors: Record<string, { shape: readonly number[]; values: number[] }>;
}> {
  await using conversion = await convertAdapter(files, base);
  const metadata = new Map(conversion.content.metadata);
  const tensors: Record<string, { shape: readonly number[]; values: number[] }> = {};
  for (const tensor of conversion.content.tensors)
    tensors[tensor.name] = { shape: tensor.shape, values: await valuesOf(tensor) };
  return { alpha: metadata.get('adapter.lora.alpha'), tensors };
}

describe('matrices', () => {
  const converted = {
    'blk.0.attn_v.weight.lora_a': { shape: [4, 2], values: [0, 1, 2, 3, 4, 5, 6, 7] },
    'blk.0.attn_v.weight.lora_b': { shape: [2, 4], values: [0, 1, 2, 3, 4, 5, 6, 7] },
  };

  it('keep their order, and alpha is told', async () => {
    expect(await convert(folder(pair))).toEqual({ alpha: { type: 'float32', value: 4 }, tensors: converted });
  });

  it('may bear the name of the adapter', async () => {
    const renamed = Object.fromEntries(
      Object.entries(pair).map(([name, tensor]) => [name.replace('.weight', '.default.weight'), tensor]),
    );
    expect((await convert(folder(renamed))).tensors).toEqual(converted);
  });

  it('of mlx-lm are turned, and its scale becomes alpha', async () => {
    const turned = [0, 4, 1, 5, 2, 6, 3, 7];
    const tensors = {
      'model.layers.0.self_attn.v_proj.lora_a': { shape: [4, 2], values: turned },
      'model.layers.0.self_attn.v_proj.lora_b': { shape: [2, 4], values: [0, 2, 4, 6, 1, 3, 5, 7] },
    };
    const json = {
      fine_tune_type: 'lora',
      num_layers: 1,
      lora_parameters: { rank: 2, scale: 20, dropout: 0 },
    };
    expect(await convert(folder(tensors, json, 'adapters.safetensors'))).toEqual({
      alpha: { type: 'float32', value: 40 },
      tensors: converted,
    });
  });

  it('of queries change the order of their rows within each head', async () => {
    const qPath = vPath.replace('v_proj', 'q_proj');
    const { tensors } = await convert(
      folder({
        [`${qPath}.lora_A.weight`]: { shape: [1, 4] },
        [`${qPath}.lora_B.weight`]: { shape: [8, 1], values: [0, 1, 2, 3, 4, 5, 6, 7] },
      }),
    );
    expect(tensors['blk.0.attn_q.weight.lora_b']?.values).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
  });

  it('of embeddings have one row a token', async () => {
    const path = 'base_model.model.model.embed_tokens';
    const { tensors } = await convert(
      folder({
        [`${path}.lora_embedding_A`]: { shape: [1, 6], values: [0, 1, 2, 3, 4, 5] },
        [`${path}.lora_embedding_B`]: { shape: [4, 1] },
        [`${path}.base_layer.weight`]: { shape: [6, 4] },
      }),
    );
    expect(tensors['token_embd.weight.lora_a']).toEqual({ shape: [1, 6], values: [0, 1, 2, 3, 4, 5] });
  });

  it.each<[string, object, number, number]>([
    ['a stabilised rank', { use_rslora: true }, 4 * Math.SQRT2, 1],
    ['an alpha of its own', { alpha_pattern: { 'self_attn.v_proj': 8 } }, 4, 2],
    ["another module's alpha", { alpha_pattern: { q_proj: 8 } }, 4, 1],
    ['another usual rank', { r: 8, rank_pattern: { v_proj: 2 } }, 4, 1],
    ['a stabilised rank of its own', { r: 8, use_rslora: true }, 4 * Math.sqrt(8), Math.sqrt(2 / 8)],
  ])('are as strong as they were: %s', async (_name, changes, alpha, factor) => {
    const converted = await convert(folder(pair, { ...config, ...changes }));
    expect(converted.alpha).toMatchObject({ value: expect.closeTo(alpha, 5) });
    const [, first] = converted.tensors['blk.0.attn_v.weight.lora_a']?.values ?? [];
    expect(first).toBeCloseTo(factor, 5);
  });
});

describe('anything', () => {
  const outcome = (files: Map<string, string>): Promise<string> =>
    convert(files).then(
      () => 'converted',
      (error) => (error instanceof CriaError ? error.code : String(error)),
    );
  const known = ['converted', 'conversion_failed', 'not_implemented'];

  it('as configuration is converted or refused', async () => {
    const keys = [
      'r',
      'lora_alpha',
      'use_rslora',
      'alpha_pattern',
      'peft_type',
      'lora_parameters',
      'use_dora',
    ];
    const configs = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(configs, async (json) => {
        expect(known).toContain(await outcome(folder(pair, json)));
      }),
      { numRuns: 50 },
    );
  });

  it('as a damaged file is converted or refused', async () => {
    const whole = makeSafetensors(pair);
    const damage = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(damage, async ([at, byte]) => {
        const bytes = Buffer.from(whole);
        bytes[at] = byte;
        expect(known).toContain(await outcome(folder(bytes)));
      }),
      { numRuns: 100 },
    );
  });
});

describe('refusals', () => {
  const half = { [`${vPath}.lora_A.weight`]: { shape: [2, 4] } };
  const other = (module: string): Record<string, Tensor> => ({
    [`base_model.model.model.${module}.lora_A.weight`]: { shape: [2, 4] },
    [`base_model.model.model.${module}.lora_B.weight`]: { shape: [4, 2] },
  });
  it.each<[string, () => Map<string, string>, RegExp]>([
    ['no configuration', () => folder(pair, null), /adapter_config.json is missing/],
    ['no weights', () => new Map([...folder(pair)].slice(1)), /there is no adapter_model.safetensors/],
    ['no tensors', () => folder({}), /the adapter has no tensors/],
    ['half of a change', () => folder(half), /only one half of "layers.0.self_attn.v_proj"/],
    ['a change twice', () => folder({ ...pair, [`${vPath}.lora_A.x.weight`]: { shape: [2, 4] } }), /twice/],
    ['no alpha', () => folder(pair, { r: 2 }), /"lora_alpha" is missing/],
    [
      'an alpha of 0',
      () => folder(pair, { ...config, lora_alpha: 0 }),
      /"lora_alpha" must be greater than 0/,
    ],
    ['a rank of 0', () => folder(pair, { ...config, r: 0 }), /"r" must be a whole number from 1/],
    ['a text as alpha', () => folder(pair, { ...config, lora_alpha: '4' }), /"lora_alpha" must be a number/],
    [
      'ranks that differ',
      () => folder({ ...pair, [`${vPath}.lora_B.weight`]: { shape: [4, 3] } }),
      /do not fit together/,
    ],
    [
      'no rank at all',
      () =>
        folder({
          [`${vPath}.lora_A.weight`]: { shape: [0, 4] },
          [`${vPath}.lora_B.weight`]: { shape: [4, 0] },
        }),
      /do not fit together/,
    ],
    [
      'vectors',
      () =>
        folder({ [`${vPath}.lora_A.weight`]: { shape: [4] }, [`${vPath}.lora_B.weight`]: { shape: [4] } }),
      /do not fit together/,
    ],
    [
      'rows that make no heads',
      () =>
        folder({
          [`${vPath.replace('v_proj', 'q_proj')}.lora_A.weight`]: { shape: [1, 4] },
          [`${vPath.replace('v_proj', 'q_proj')}.lora_B.weight`]: { shape: [7, 1] },
        }),
      /7 rows, which do not make 2 heads/,
    ],
    [
      'a layer that the model does not have',
      () => folder(other('layers.1.self_attn.v_proj')),
      /no module "layers.1/,
    ],
    ['a module that the model does not have', () => folder(other('layers.0.mlp.gate_proj')), /no module/],
    ['a module of another architecture', () => folder(other('layers.0.self_attn.qkv_proj')), /no module/],
    ['a module from the prototype', () => folder(other('toString')), /no module "toString"/],
    ['a damaged file', () => folder(Buffer.from('GGUF')), /not a sound safetensors file/],
    ['a truncated file', () => folder(makeSafetensors(pair).subarray(0, -1)), /reaches beyond its end/],
  ])('%s', async (_name, files, message) => {
    await expect(convertAdapter(files(), base)).rejects.toMatchObject({
      code: 'conversion_failed',
      message: expect.stringMatching(message),
    });
  });

  it('an architecture whose adapters are not known', async () => {
    for (const architecture of ['bert', 'toString'])
      await expect(convertAdapter(folder(pair), { ...base, architecture })).rejects.toMatchObject({
        code: 'conversion_failed',
        message: 'unsupported architecture',
      });
  });

  it.each<[string, object, Readonly<Record<string, Tensor>>]>([
    ['another type', { peft_type: 'IA3' }, pair],
    ['magnitudes', { use_dora: true }, pair],
    ['biases', { lora_bias: true }, pair],
    ['whole modules', { modules_to_save: ['lm_head'] }, pair],
    ['a changed base', { init_lora_weights: 'pissa_niter_16' }, pair],
    ['doubled layers', { layer_replication: [[0, 1]] }, pair],
    ['a regular expression', { alpha_pattern: { '(a+)+$': 1 } }, pair],
    ['a tensor of another kind', {}, { ...pair, [`${vPath}.lora_magnitude_vector`]: { shape: [4] } }],
    [
      'a larger vocabulary',
      {},
      { ...pair, 'base_model.model.model.embed_tokens.base_layer.weight': { shape: [7, 4] } },
    ],
  ])('%s: not done yet', async (_name, changes, tensors) => {
    await expect(convertAdapter(folder(tensors, { ...config, ...changes }), base)).rejects.toMatchObject({
      code: 'not_implemented',
    });
  });
});
