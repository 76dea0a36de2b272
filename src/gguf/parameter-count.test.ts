import { expect, it } from 'vitest';
import { parameterCountText } from './parameter-count.ts';

it.each([
  [8_030_261_248, '8.0B'],
  [7_248_023_552, '7.2B'],
  [7_000_000_000, '7B'],
  [1_000_000_000_000, '1000B'],
  [134_515_008, '134.52M'],
  [22_000_000, '22M'],
  [12_345, '12K'],
  [999, '999'],
  [0, '0'],
])('%d parameters are written %s', (count, text) => {
  expect(parameterCountText(count)).toBe(text);
});
