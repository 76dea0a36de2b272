import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeApi, type RunResult, runCommand } from '../testdata/harness.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const damage = {
  problem: 'wrong_digest',
  digest,
  message: 'has the digest sha256:b',
  models: ['x:1', 'y:2'],
};
const sound = { status: 'success', models: 2, blobs: 3, bytes: 4_000_000_000, damage: [], created_here: [] };

async function run(args: string[], lines: unknown[]): Promise<RunResult & { asked: unknown }> {
  const api = await FakeApi.start({ 'POST /api/verify': { lines } });
  onTestFinished(() => api.close());
  const result = await runCommand(['verify', ...args], { host: api.host });
  return { ...result, asked: api.callsOf('POST /api/verify')[0]?.json };
}

describe('cria verify', () => {
  it('is content with a sound store', async () => {
    const progress = { status: 'verifying', total: 4_000_000_000, completed: 4_000_000_000 };
    expect(await run([], [progress, sound])).toEqual({
      exitCode: 0,
      stdout: '2 models, 3 blobs, 4 GB: no damage\n',
      stderr: 'verifying 100% (4 GB)\n',
      asked: { models: [], stream: true },
    });
  });

  it('names what is damaged, says what to do, and fails', async () => {
    const result = await run(
      ['x:1', 'y:2'],
      [
        { status: 'damaged', ...damage },
        { ...sound, damage: [damage], created_here: ['y:2'] },
      ],
    );
    expect(result).toMatchObject({ exitCode: 1, stderr: 'Error: something is damaged\n' });
    expect(result.asked).toEqual({ models: ['x:1', 'y:2'], stream: true });
    expect(result.stdout).toContain(`blob ${digest} has the digest sha256:b\n  in x:1, y:2\n`);
    expect(result.stdout).toContain('  cria pull x:1\n  create y:2 again, from what it was made of\n');
  });

  it('writes the report as JSON', async () => {
    const result = await run(['--json'], [{ ...sound, damage: [damage] }]);
    expect(JSON.parse(result.stdout)).toEqual({ ...sound, damage: [damage] });
    expect(result.exitCode).toBe(1);
  });

  it('says so when the server is another program', async () => {
    const api = await FakeApi.start({
      'POST /api/verify': { status: 404, json: { error: '404 page not found' } },
    });
    onTestFinished(() => api.close());
    const { stderr } = await runCommand(['verify'], { host: api.host });
    expect(stderr).toBe('Error: this server cannot verify models; it is not cria\n');
  });

  it('fails when the answer breaks off', async () => {
    expect(await run([], [{ status: 'verifying', total: 10, completed: 1 }])).toMatchObject({ exitCode: 1 });
  });
});
