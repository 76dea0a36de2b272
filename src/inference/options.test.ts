import { describe, expect, it } from 'vitest';
import { resolveOptions } from './options.ts';

describe('resolveOptions', () => {
  it('starts from the defaults', () => {
    const options = resolveOptions();
    expect(options.sampling).toMatchObject({
      seed: -1,
      temperature: 0.8,
      topK: 40,
      topP: 0.9,
      repeatPenalty: 1,
    });
    expect(options).toMatchObject({
      numPredict: -1,
      numKeep: 4,
      stop: [],
      deterministic: false,
      unknown: [],
    });
    expect(Object.values(options.runner).every((value) => value === undefined)).toBe(true);
  });

  it('lets a request replace a model parameter, lists included', () => {
    const options = resolveOptions(
      { temperature: 0.1, stop: ['a'], num_ctx: 99 },
      { temperature: 0.2, stop: ['b', ''] },
    );
    expect(options.sampling.temperature).toBe(0.2);
    expect(options.stop).toEqual(['b']);
    expect(options.runner.nCtx).toBe(99);
  });

  it('takes null as not set and floats as integers', () => {
    expect(resolveOptions({ top_k: 7.9 }, { top_k: null }).sampling.topK).toBe(7);
  });

  it('names unknown options and is silent about retired ones', () => {
    expect(
      resolveOptions({ low_vram: true, tfs_z: 1, nonsense: 1, __proto__: 1, constructor: 1 }).unknown,
    ).toEqual(['nonsense', 'constructor']);
  });

  it.each([
    [{ num_ctx: '5' }, 'option "num_ctx" must be of type integer'],
    [{ temperature: 'hot' }, 'option "temperature" must be of type float32'],
    [{ use_mmap: 1 }, 'option "use_mmap" must be of type boolean'],
    [{ stop: 'x' }, 'option "stop" must be of type array'],
    [{ stop: [1] }, 'option "stop" must be of an array of strings'],
    [{ logit_bias: 3 }, 'option "logit_bias" must be of type array'],
    [{ logit_bias: [['x', 1]] }, 'option "logit_bias" must be an array of [token id, bias] pairs'],
    [{ logit_bias: { '': 1 } }, 'option "logit_bias" must be an array of [token id, bias] pairs'],
    [{ logit_bias: { '1.5': 1 } }, 'option "logit_bias" must be an array of [token id, bias] pairs'],
  ])('refuses %j', (options, message) => {
    expect(() => resolveOptions(options)).toThrow(expect.objectContaining({ code: 'bad_option', message }));
  });

  it.each([
    [[[3, 1.5]], [[3, 1.5]]],
    [{ '7': false }, [[7, Number.NEGATIVE_INFINITY]]],
  ])('reads the logit bias %j', (value, expected) => {
    expect(resolveOptions({ logit_bias: value }).sampling.logitBias).toEqual(expected);
  });
});
