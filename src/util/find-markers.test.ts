import { expect, it } from 'vitest';
import { firstOf, partialEnd } from './find-markers.ts';

it.each<[string, string[], ReturnType<typeof firstOf>]>([
  ['a<b>c</b>', ['</b>', '<b>'], { index: 1, marker: '<b>' }],
  ['a<bc>', ['<b', '<bc>'], { index: 1, marker: '<b' }],
  ['none', ['<b>'], undefined],
  ['none', [], undefined],
])('the first of the markers in %j, %j', (text, markers, expected) => {
  expect(firstOf(text, markers)).toEqual(expected);
});

it.each([
  ['text </th', ['</think>'], '</th'],
  ['text </think>', ['</think>'], ''],
  ['aa', ['aab'], 'aa'],
  ['aaa', ['aab'], 'aa'],
  ['x<', ['<a>', '<|b'], '<'],
  ['x<|', ['<a>', '<|b'], '<|'],
  ['<a', [], ''],
])('what %j ends with of %j', (text, markers, expected) => {
  expect(partialEnd(text, markers)).toBe(expected);
});
