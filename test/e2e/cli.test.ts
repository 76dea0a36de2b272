/** The command line as a person or a script uses it, against a real server. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { miniModelPath, startCria, type TestServer } from '../support/cria.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startCria();
});
afterAll(() => server.stop());

describe('cria', () => {
  it('lists, shows, copies and removes models', async () => {
    const list = await server.cli(['list']);
    expect(list.stdout).toMatch(
      /^NAME\s+ID\s+SIZE\s+MODIFIED\s*\ncria-mini:latest\s+[0-9a-f]{12}\s+[\d.]+ MB\s/,
    );
    const show = await server.cli(['show', 'cria-mini']);
    expect(show.stdout).toMatch(/architecture\s+qwen3/);
    expect((await server.cli(['cp', 'cria-mini', 'mine'])).stdout).toBe("copied 'cria-mini' to 'mine'\n");
    expect((await server.cli(['rm', 'mine'])).stdout).toBe("deleted 'mine'\n");
    const gone = await server.cli(['show', 'mine']);
    expect(gone).toMatchObject({ code: 1, stderr: "Error: model 'mine:latest' not found\n" });
  });

  it('creates from a Modelfile and runs the model', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'cria-modelfile-'));
    writeFileSync(
      path.join(folder, 'Modelfile'),
      `FROM ${miniModelPath}\nPARAMETER temperature 0\nPARAMETER num_predict 40\nSYSTEM Be brief.\n`,
    );
    const created = await server.cli(['create', 'brief'], { cwd: folder });
    expect(created).toMatchObject({ code: 0 });
    const answer = await server.cli(['run', 'brief', '--think=false', 'hello']);
    expect(answer.code).toBe(0);
    expect(answer.stdout.trim().length).toBeGreaterThan(0);
    const piped = await server.cli(['run', 'brief', '--think=false'], { input: 'hello' });
    expect(piped.stdout).toBe(answer.stdout);
    expect((await server.cli(['ps'])).stdout).toMatch(
      /^NAME.*\n(?:.*\n)*brief:latest\s+[0-9a-f]{12}\s.*100% CPU/,
    );
    const modelfile = await server.cli(['show', 'brief', '--modelfile']);
    expect(modelfile.stdout).toContain('SYSTEM Be brief.');
    expect((await server.cli(['stop', 'brief'])).code).toBe(0);
    await expect
      .poll(async () => (await server.cli(['ps'])).stdout, { timeout: 5_000 })
      .not.toContain('brief');
  });

  it('says what is wrong and ends with status 1', async () => {
    expect(await server.cli(['run', '127.0.0.1:1/library/nothing-like-this', 'hello'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing-like-this'),
    });
    expect(await server.cli(['lst'])).toMatchObject({ code: 1, stderr: expect.stringContaining('list') });
  });

  it('tells its version', async () => {
    expect((await server.cli(['version'])).stdout).toMatch(/\d+\.\d+\.\d+/);
  });
});

it('removes the bundled model for good', async () => {
  const other = await startCria();
  expect((await other.cli(['rm', 'cria-mini'])).code).toBe(0);
  await other.restart();
  expect((await other.cli(['list'])).stdout.trim()).toMatch(/^NAME\s+ID\s+SIZE\s+MODIFIED$/);
  await other.stop();
});
