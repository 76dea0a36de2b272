import { describe, expect, it } from 'vitest';
import { CriaError } from '../../errors.ts';
import type { VerifyEvent } from '../../library/types.ts';
import type { Digest } from '../../types/digest.ts';
import { lines, start } from '../testdata/harness.ts';

const digest: Digest = `sha256:${'a'.repeat(64)}` as Digest; // a digest by its form

async function* events(): AsyncGenerator<VerifyEvent> {
  const damage = { problem: 'missing_blob', digest, message: 'is missing', models: ['m:latest'] } as const;
  const manifest = { problem: 'unreadable_manifest', message: 'is not JSON', models: ['n:latest'] } as const;
  yield { type: 'damage', damage: manifest };
  yield { type: 'progress', totalBytes: 10, completedBytes: 0 };
  yield { type: 'damage', damage };
  yield {
    type: 'done',
    nModels: 2,
    nBlobs: 3,
    totalBytes: 10,
    damage: [manifest, damage],
    madeHere: ['m:latest'],
  };
}

const manifestLine = { problem: 'unreadable_manifest', message: 'is not JSON', models: ['n:latest'] };
const blobLine = { problem: 'missing_blob', digest, message: 'is missing', models: ['m:latest'] };
const report = {
  status: 'success',
  models: 2,
  blobs: 3,
  bytes: 10,
  damage: [manifestLine, blobLine],
  created_here: ['m:latest'],
};

describe('POST /api/verify', () => {
  it('streams progress, damage and a report', async () => {
    const { call } = await start({ library: { verify: events } });
    const reply = await call('POST', '/api/verify', { body: {} });
    expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'application/x-ndjson' } });
    expect(lines(reply.text)).toEqual([
      { status: 'damaged', ...manifestLine },
      { status: 'verifying', total: 10, completed: 0 },
      { status: 'damaged', ...blobLine },
      report,
    ]);
  });

  it('answers with the report alone when asked to', async () => {
    const { call } = await start({ library: { verify: events } });
    const reply = await call('POST', '/api/verify', { body: { stream: false } });
    expect(JSON.parse(reply.text)).toEqual(report);
  });

  it.each<[object | undefined, string[]]>([
    [undefined, []],
    [{}, []],
    [{ model: 'a' }, ['a']],
    [{ models: ['a', 'b'] }, ['a', 'b']],
  ])('%j means %j', async (body, models) => {
    const { call, calls } = await start();
    await call('POST', '/api/verify', body === undefined ? { body: '{}' } : { body });
    expect(calls.other).toEqual([['verify', models]]);
  });

  it('refuses a model that is not there', async () => {
    const { call } = await start({
      library: {
        // biome-ignore lint/correctness/useYield: it fails before the first event
        verify: async function* () {
          throw new CriaError('model_not_found', "model 'x' not found");
        },
      },
    });
    expect(await call('POST', '/api/verify', { body: { model: 'x' } })).toMatchObject({ status: 404 });
  });
});
