/** `cria embed`, and `cria run` with an embedding model, against a server that answers as the test says. */
import { afterEach, describe, expect, it } from 'vitest';
import { FakeApi, type Routes, type RunOptions, type RunResult, runCommand } from '../testdata/harness.ts';

let api: FakeApi | undefined;

afterEach(async () => {
  await api?.close();
  api = undefined;
});

/** A vector of two numbers for each text: its place in the request and its length. */
const routes: Routes = {
  'POST /api/embed': ({ json }) => {
    const texts = [json.input].flat() as string[]; // the test sends texts only
    return { json: { model: json.model, embeddings: texts.map((text, i) => [i + 0.5, text.length]) } };
  },
  'POST /api/show': { json: { capabilities: ['embedding'], model_info: {}, details: {} } },
};

async function run(args: string[], options: RunOptions = {}, more: Routes = {}): Promise<RunResult> {
  api = await FakeApi.start({ ...routes, ...more });
  return runCommand(args, { host: api.host, ...options });
}

function sent(): Record<string, unknown>[] {
  return (api?.callsOf('POST /api/embed') ?? []).map(({ json }) => json);
}

describe('cria embed', () => {
  it.each<[string, string[], string]>([
    ['a line of JSON for each text', [], '[0.5,3]\n[1.5,5]\n'],
    ['numbers', ['--format', 'text'], '0.5 3\n1.5 5\n'],
  ])('prints %s', async (_, flags, stdout) => {
    expect(await run(['embed', 'm', ...flags, 'one', 'three'])).toEqual({ exitCode: 0, stdout, stderr: '' });
    expect(sent()).toEqual([{ model: 'm', input: ['one', 'three'] }]);
  });

  it('writes raw vectors to a pipe, not to a terminal', async () => {
    const { stdout } = await run(['embed', 'm', '--format', 'raw', 'one']);
    expect(Array.from(Buffer.from(stdout, 'utf8').subarray(0, 4))).toEqual([0, 0, 0, 0x3f]); // 0.5
    const { exitCode, stderr } = await runCommand(['embed', 'm', '--format', 'raw', 'one'], {
      host: api?.host ?? '',
      isStdoutTerminal: true,
    });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('redirect') });
  });

  it('takes each line of standard input, in requests of a bounded size', async () => {
    const lines = Array.from({ length: 300 }, (_, i) => 'x'.repeat(i % 7));
    const { stdout } = await run(['embed', 'm'], { stdin: `${lines.join('\n')}\n` });
    expect(stdout.split('\n').length - 1).toBe(300);
    expect(sent().map(({ input }) => (input as string[]).length)).toEqual([256, 44]);
    expect(sent().flatMap(({ input }) => input)).toEqual(lines);
  });

  it('passes its flags on', async () => {
    await run(['embed', 'm', '--dimensions', '64', '--truncate=false', '--keepalive', '1h', 'one']);
    expect(sent()).toEqual([
      { model: 'm', input: ['one'], dimensions: 64, truncate: false, keep_alive: '1h' },
    ]);
  });

  it('takes the word after --truncate for a text', async () => {
    await run(['embed', 'm', '--truncate', 'false']);
    expect(sent()).toEqual([{ model: 'm', input: ['false'], truncate: true }]);
  });

  it.each<[string[], string]>([
    [['embed', 'm'], 'no texts to embed'],
    [['embed', 'm', '--format', 'xml', 'a'], 'invalid value for --format: "xml"'],
    [['embed', 'm', '--dimensions', '-1', 'a'], 'invalid value for --dimensions: "-1"'],
    [['embed', 'm', '--truncate=maybe', 'a'], 'invalid value for --truncate: "maybe"'],
  ])('refuses %j', async (args, text) => {
    const { exitCode, stdout, stderr } = await run(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(text);
    expect(sent()).toEqual([]);
  });

  it("shows the server's error", async () => {
    const failing = { 'POST /api/embed': { status: 400, json: { error: 'too long' } } };
    const { exitCode, stderr } = await run(['embed', 'm', 'a'], {}, failing);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: 'Error: too long\n' });
  });
});

describe('cria run with an embedding model', () => {
  it('prints the vector as one line of JSON', async () => {
    const { exitCode, stdout } = await run(['run', 'm', '--dimensions', '2', 'hello', 'there']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '[0.5,11]\n' });
    expect(sent()).toEqual([{ model: 'm', input: 'hello there', dimensions: 2 }]);
  });

  it('refuses an empty prompt', async () => {
    const { exitCode, stderr } = await run(['run', 'm', '']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'Error: embedding models require input text. Usage: cria run m "your text here"\n',
    );
  });
});
