/** `cria pull`, `cria push`, and the pull that `cria run` does by itself, against a server that answers as the test says. */
import { afterEach, describe, expect, it } from 'vitest';
import { FakeApi, type Routes, type RunOptions, runCommand } from './testdata/harness.ts';

let api: FakeApi | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
});

async function run(argv: string[], routes: Routes, options: RunOptions = {}): ReturnType<typeof runCommand> {
  api = await FakeApi.start(routes);
  return runCommand(argv, { host: api.host, ...options });
}

const digest = `sha256:${'a'.repeat(64)}`;
const config = `sha256:${'b'.repeat(64)}`;
const pulled = {
  lines: [
    { status: 'pulling manifest' },
    { status: 'pulling aaaaaaaaaaaa', digest, total: 2000 },
    { status: 'pulling aaaaaaaaaaaa', digest, total: 2000, completed: 2000 },
    { status: 'pulling bbbbbbbbbbbb', digest: config, total: 20, completed: 20 },
    { status: 'verifying sha256 digest' },
    { status: 'success' },
  ],
};

describe('pull', () => {
  it('shows a line for each layer', async () => {
    const result = await run(['pull', 'm'], { 'POST /api/pull': pulled });
    expect(result).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: [
        'pulling manifest',
        'pulling aaaaaaaaaaaa 100% (2 KB)',
        'pulling bbbbbbbbbbbb 100% (20 B)',
        'verifying sha256 digest',
        'success',
        '',
      ].join('\n'),
    });
    expect(api?.callsOf('POST /api/pull')[0]?.json).toEqual({ model: 'm', stream: true });
  });

  it('draws bars on a terminal', async () => {
    const result = await run(
      ['pull', 'm', '--insecure'],
      { 'POST /api/pull': pulled },
      { isStderrTerminal: true },
    );
    expect(result.stderr).toMatch(/pulling aaaaaaaaaaaa 100% ▕█+▏ 2 KB/);
    expect(api?.callsOf('POST /api/pull')[0]?.json).toEqual({ model: 'm', insecure: true, stream: true });
  });

  it('ends with what went wrong', async () => {
    const lines = [{ status: 'pulling manifest' }, { error: 'pull model manifest: file does not exist' }];
    expect(await run(['pull', 'm'], { 'POST /api/pull': { lines } })).toMatchObject({
      exitCode: 1,
      stderr: 'pulling manifest\nError: pull model manifest: file does not exist\n',
    });
  });
});

it('push follows the same way', async () => {
  const lines = [{ status: 'retrieving manifest' }, { status: 'pushing manifest' }, { status: 'success' }];
  expect(await run(['push', 'm'], { 'POST /api/push': { lines } })).toMatchObject({
    exitCode: 0,
    stderr: 'retrieving manifest\npushing manifest\nsuccess\n',
  });
});

describe('run of a model that is not here', () => {
  const notFound = { status: 404, json: { error: "model 'm' not found" } };

  it('pulls it first', async () => {
    let isHere = false;
    const result = await run(
      ['run', 'm', 'hello'],
      {
        'POST /api/show': () =>
          isHere ? { json: { capabilities: ['completion'], model_info: {}, details: {} } } : notFound,
        'POST /api/pull': () => {
          isHere = true;
          return pulled;
        },
        'POST /api/generate': { lines: [{ response: 'hi', done: true, done_reason: 'stop' }] },
      },
      { stdin: '' },
    );
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('hi') });
    expect(result.stderr).toContain('success');
  });

  it('says so when it cannot be pulled', async () => {
    const lines = [{ status: 'pulling manifest' }, { error: 'pull model manifest: file does not exist' }];
    const routes = { 'POST /api/show': notFound, 'POST /api/pull': { lines } };
    expect(await run(['run', 'm', 'hello'], routes, { stdin: '' })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(
        "Error: model 'm' not found, and it cannot be pulled: pull model manifest: file does not exist\n",
      ),
    });
  });
});
