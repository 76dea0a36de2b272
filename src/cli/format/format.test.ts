import { describe, expect, it } from 'vitest';
import { humanBytes, humanCount } from './bytes.ts';
import { formatTable } from './table.ts';
import { goDuration, humanDuration, relativeTime } from './time.ts';

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 KB'],
  [1500, '1.5 KB'],
  [9_949, '9.9 KB'],
  [10_999, '10 KB'],
  [274_302_450, '274 MB'],
  [4_661_224_676, '4.7 GB'],
  [5e9, '5 GB'],
  [12_999_999_999, '12 GB'],
  [1.5e12, '1.5 TB'],
  [4e15, '4000 TB'],
])('humanBytes(%d) = %s', (bytes, text) => {
  expect(humanBytes(bytes)).toBe(text);
});

it.each([
  [0, '0'],
  [999, '999'],
  [12_345, '12K'],
  [134_515_008, '134.52M'],
  [656_000_000, '656M'],
  [7_241_732_096, '7.2B'],
  [70e9, '70B'],
])('humanCount(%d) = %s', (count, text) => {
  expect(humanCount(count)).toBe(text);
});

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

it.each([
  [0, 'Less than a second'],
  [999, 'Less than a second'],
  [second, '1 second'],
  [59.9 * second, '59 seconds'],
  [minute, 'About a minute'],
  [2 * minute - 1, 'About a minute'],
  [59 * minute, '59 minutes'],
  [hour, 'About an hour'],
  [89 * minute, 'About an hour'],
  [90 * minute, '2 hours'],
  [47 * hour, '47 hours'],
  [48 * hour, '2 days'],
  [13 * day, '13 days'],
  [14 * day, '2 weeks'],
  [59 * day, '8 weeks'],
  [60 * day, '2 months'],
  [729 * day, '24 months'],
  [730 * day, '2 years'],
])('humanDuration(%d) = %s', (ms, text) => {
  expect(humanDuration(ms)).toBe(text);
});

describe('relativeTime', () => {
  const now = Date.parse('2026-08-21T12:00:00Z');
  it.each([
    ['2026-08-07T12:00:00Z', '2 weeks ago'],
    ['2026-08-21T12:00:00Z', 'Less than a second ago'],
    ['2026-08-21T14:04:30.123456789+02:00', '4 minutes from now'],
    ['2045-01-01T00:00:00Z', '18 years from now'],
    ['2318-12-01T00:00:00Z', 'Forever'],
    ['0001-01-01T00:00:00Z', 'Never'],
    ['nonsense', 'Never'],
  ])('%s → %s', (text, expected) => {
    expect(relativeTime(text, now)).toBe(expected);
  });
});

it.each([
  [0, '0s'],
  [1, '1ns'],
  [1_500, '1.5µs'],
  [12_345_000, '12.345ms'],
  [1_000_000_000, '1s'],
  [1_234_567_891, '1.234567891s'],
  [1_020_000_000, '1.02s'],
  [90_500_000_000, '1m30.5s'],
  [3_600_000_000_000, '1h0m0s'],
  [5_461_000_000_001, '1h31m1.000000001s'],
  [-1_000, '-1µs'],
])('goDuration(%d) = %s', (ns, text) => {
  expect(goDuration(ns)).toBe(text);
});

it('formatTable aligns columns by what they take on the screen', () => {
  const rows = [
    ['NAME', 'SIZE'],
    ['模型', '1 KB'],
    ['e\u0301', ''],
    ['a', '12 GB', 'extra'],
  ];
  expect(formatTable(rows)).toBe('NAME    SIZE\n模型    1 KB\ne\u0301\na       12 GB    extra\n');
  expect(formatTable([])).toBe('');
});
