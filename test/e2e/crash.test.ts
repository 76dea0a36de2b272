/** What a user sees when llama.cpp takes its process down, or the machine does. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCria, type TestServer } from '../support/cria.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startCria();
});
afterAll(() => server.stop());

/** Processes that the server has started. */
function runnerPids(): number[] {
  try {
    const output = execFileSync('ps', ['-o', 'pid=', '--ppid', String(server.pid)]).toString();
    return output.trim().split(/\s+/).map(Number);
  } catch {
    return []; // ps ends with status 1 when there are none
  }
}

async function generate(options: Record<string, unknown>): Promise<Response> {
  return fetch(`${server.url}/api/generate`, {
    method: 'POST',
    body: JSON.stringify({ model: 'cria-mini', prompt: 'Once', raw: true, ...options }),
  });
}

/** An answer that ends only when somebody ends it: the tokens that end a turn are forbidden. */
const endless = {
  options: {
    temperature: 1,
    seed: 1,
    num_predict: 1_000_000,
    logit_bias: [
      [500, false],
      [502, false],
    ],
  },
};

async function lines(response: Response): Promise<Record<string, unknown>[]> {
  return (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('a runner that is killed', () => {
  it('ends its streams with an error line; the next request works', async () => {
    const responses = await Promise.all(Array.from({ length: 4 }, () => generate(endless)));
    expect(responses.map((response) => response.status)).toEqual([200, 200, 200, 200]);
    const pids = runnerPids();
    expect(pids).toHaveLength(1);
    process.kill(pids[0] ?? 0, 'SIGKILL');
    for (const response of responses) {
      const last = (await lines(response)).at(-1);
      expect(last).toEqual({
        error:
          'model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details',
      });
    }
    const next = await generate({ stream: false, options: { temperature: 0, num_predict: 4 } });
    expect(next.status).toBe(200);
    expect(await next.json()).toMatchObject({ done: true, eval_count: expect.any(Number) });
  });

  it('is replaced for a request that has not been answered yet', async () => {
    await generate({ stream: false, options: { num_predict: 1 } });
    const [pid = 0] = runnerPids();
    // Stopped, it cannot answer; the request is under way when it dies.
    process.kill(pid, 'SIGSTOP');
    const pending = generate({ stream: false, options: { temperature: 0, num_predict: 4 } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.kill(pid, 'SIGKILL');
    const response = await pending;
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ done: true });
  });

  it('is not left behind when the server is killed', async () => {
    const other = await startCria();
    await fetch(`${other.url}/api/generate`, {
      method: 'POST',
      body: JSON.stringify({ model: 'cria-mini', prompt: '', keep_alive: -1 }),
    });
    const output = execFileSync('ps', ['-o', 'pid=', '--ppid', String(other.pid)]).toString();
    const pid = Number(output.trim());
    process.kill(other.pid, 'SIGKILL');
    await expect
      .poll(
        () => {
          try {
            process.kill(pid, 0);
            return 'alive';
          } catch {
            return 'gone';
          }
        },
        { timeout: 10_000 },
      )
      .toBe('gone');
    await other.stop();
  });
});
