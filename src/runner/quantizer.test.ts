/** The quantizer's process as the server sees it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../log.ts';
import { createQuantizer } from './quantizer.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-quantizer-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const quantize = createQuantizer({
  entryPath: path.join(import.meta.dirname, 'testdata/fake-quantizer.mjs'),
  libraryDir: 'lib',
  env: {},
  log: silentLogger,
});

async function run(source: string, signal = new AbortController().signal): Promise<string[]> {
  const tensors: string[] = [];
  const job = { source, target: path.join(dir, 'out'), fileType: 15 };
  for await (const tensor of quantize(job, { signal })) tensors.push(tensor);
  return tensors;
}

describe('createQuantizer', () => {
  it('tells every tensor and passes on what is asked for', async () => {
    expect(await run('good')).toEqual(['token_embd.weight', 'output.weight']);
    expect(readFileSync(path.join(dir, 'out'), 'utf8')).toBe('lib 15');
  });

  it.each([
    ['imatrix', /needs an importance matrix/],
    ['bad', /^quantizing failed: exit status 1: .*failed to quantize: data is not within the file bounds/],
    ['crash', /^quantizing failed: signal: aborted/],
  ])('says why it failed: %s', async (source, message) => {
    await expect(run(source)).rejects.toMatchObject({
      code: 'conversion_failed',
      message: expect.stringMatching(message),
    });
  });

  it('ends the process when it is cancelled', async () => {
    const abort = new AbortController();
    const tensors = quantize(
      { source: 'hang', target: path.join(dir, 'out'), fileType: 15 },
      { signal: abort.signal },
    )[Symbol.asyncIterator]();
    expect(await tensors.next()).toMatchObject({ value: 'token_embd.weight' });
    abort.abort();
    await expect(tensors.next()).rejects.toMatchObject({ code: 'cancelled' });
    await expect(run('good', abort.signal)).rejects.toMatchObject({ code: 'cancelled' });
  });
});
