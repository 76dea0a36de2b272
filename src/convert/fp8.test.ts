/** 8-bit weights with scales. */
import { describe, expect, it } from 'vitest';
import { ConfigReader } from './config.ts';
import { attachScales, dequantize, isScaled, type ScaledTensor } from './fp8.ts';
import type { ElementType } from './safetensors/header.ts';
import type { SourceTensor } from './safetensors/weights.ts';

const fp8 = { quant_method: 'fp8', fmt: 'e4m3', weight_block_size: [2, 2] };

function tensor(name: string, type: ElementType, ...shape: number[]): SourceTensor {
  // Nothing is read here.
  return { name, type, shape, offset: 0, sizeBytes: 0, file: 'a', handle: undefined as never };
}

function attach(list: readonly SourceTensor[], quantization: object | undefined): SourceTensor[] {
  const config = JSON.parse(JSON.stringify({ quantization_config: quantization }));
  const tensors = new Map(list.map((item) => [item.name, item]));
  return [...attachScales(tensors, new ConfigReader(config, 'config.json')).values()];
}

function scaled(rows: number, columns: number): ScaledTensor {
  const list = [
    tensor('w', 'F8_E4M3', rows, columns),
    tensor('w_scale_inv', 'F32', Math.ceil(rows / 2), Math.ceil(columns / 2)),
  ];
  const [found] = attach(list, fp8);
  if (found === undefined || !isScaled(found)) throw new Error('there are no scales');
  return found;
}

describe('scales', () => {
  it('belong to their weights and are no tensors of their own', () => {
    const norm = tensor('norm', 'BF16', 4);
    const found = attach([tensor('w', 'F8_E4M3', 3, 5), tensor('w_scale_inv', 'BF16', 2, 3), norm], fp8);
    expect(found.map(({ name }) => name)).toEqual(['w', 'norm']);
    expect(found.map(isScaled)).toEqual([true, false]);
    expect(attach([norm], undefined)).toEqual([norm]);
  });

  it.each<[string, SourceTensor, SourceTensor]>([
    ['of another shape', tensor('w', 'F8_E4M3', 4, 4), tensor('w_scale_inv', 'F32', 2, 3)],
    ['of a vector', tensor('w', 'F8_E4M3', 4), tensor('w_scale_inv', 'F32', 2, 1)],
    ['of whole numbers', tensor('w', 'F8_E4M3', 4, 4), tensor('w_scale_inv', 'U8', 2, 2)],
    ['for other weights', tensor('w', 'F16', 4, 4), tensor('w_scale_inv', 'F32', 2, 2)],
  ])('scales %s are refused', (_name, weights, scales) => {
    expect(() => attach([weights, scales], fp8)).toThrow('the scales of "w" do not fit');
  });

  it.each<[string, object]>([
    ['another method', { ...fp8, quant_method: 'gptq' }],
    ['another format', { ...fp8, fmt: 'e5m2' }],
    ['no blocks', { ...fp8, weight_block_size: undefined }],
    ['blocks of no size', { ...fp8, weight_block_size: [0, 2] }],
  ])('of %s are not done yet', (_name, quantization) => {
    expect(() => attach([], quantization)).toThrow('convert the original instead');
  });
});

describe('values', () => {
  it.each<[number, number]>([
    [0x00, 0],
    [0x01, 2 ** -9],
    [0x07, 7 * 2 ** -9],
    [0x08, 2 ** -6],
    [0x38, 1],
    [0x3c, 1.5],
    [0xb8, -1],
    [0x7e, 448],
    [0xfe, -448],
    [0x7f, Number.NaN],
  ])('0x%s is %d', (code, value) => {
    expect(dequantize(Uint8Array.of(code), 0, scaled(1, 1), Float32Array.of(1))).toEqual(
      Float32Array.of(value),
    );
  });

  it('are multiplied by the scale of their block, wherever the reading begins', () => {
    const weights = scaled(3, 5);
    const scales = Float32Array.of(1, 2, 3, 4, 5, 6);
    const ones = new Uint8Array(15).fill(0x38);
    const whole = dequantize(ones, 0, weights, scales);
    expect([...whole]).toEqual([1, 1, 2, 2, 3, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6]);
    for (let first = 0; first < 15; first++)
      expect(dequantize(ones.subarray(first), first, weights, scales)).toEqual(whole.slice(first));
  });
});
