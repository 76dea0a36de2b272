import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { confirm } from './confirm.ts';
import { InterruptedError } from './interrupt.ts';
import { Recorder } from './testdata/harness.ts';

const never = new AbortController().signal;

it.each([
  ['y\n', true],
  ['Yes\n', true],
  [' y \nn\n', true],
  ['n\n', false],
  ['\n', false],
  ['maybe\n', false],
  ['', false],
])('%j means %s', async (typed, expected) => {
  const stdin = new PassThrough();
  stdin.end(typed);
  const stderr = new Recorder(true);
  expect(await confirm('Really?', { stdin, stderr }, never)).toBe(expected);
  expect(stderr.text).toBe('Really? [y/N] ');
});

it('can be interrupted', async () => {
  const abort = new AbortController();
  const asked = confirm('Really?', { stdin: new PassThrough(), stderr: new Recorder(true) }, abort.signal);
  abort.abort(new InterruptedError());
  await expect(asked).rejects.toThrow(InterruptedError);
});
