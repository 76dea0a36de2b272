import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../types/json.ts';
import { parseKeepAlive } from './keep-alive.ts';

const forever = Number.POSITIVE_INFINITY;

describe('parseKeepAlive', () => {
  it.each<[JsonValue | undefined, number | undefined]>([
    [undefined, undefined],
    [null, undefined],
    [0, 0],
    [42.5, 42_500],
    [1800, 1_800_000],
    [-1, forever],
    [-0.5, forever],
    ['5m', 300_000],
    ['300s', 300_000],
    ['1h30m', 5_400_000],
    ['0', 0],
    ['-1', forever],
    ['-1m', forever],
    ['-1s', forever],
  ])('%j is %s', (value, ms) => {
    expect(parseKeepAlive(value)).toBe(ms);
  });

  it.each<[JsonValue, string]>([
    ['300', 'time: missing unit in duration "300"'],
    ['', 'time: invalid duration ""'],
    ['forever', 'time: invalid duration "forever"'],
    [true, "Unsupported type: 'bool'"],
    [[1], "Unsupported type: '[]interface {}'"],
    [{}, "Unsupported type: 'map[string]interface {}'"],
  ])('refuses %j', (value, message) => {
    expect(() => parseKeepAlive(value)).toThrow(message);
  });
});
