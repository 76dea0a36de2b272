/** The conversation of loading with a scripted process and a clock that tests turn. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isCriaError } from '../errors.ts';
import type { ChildMessage, LoadSpec, ParentMessage } from '../protocol/messages.ts';
import { type LoadingProcess, loadModel } from './load-model.ts';
import type { RunnerExit } from './types.ts';

const spec = { modelPath: '/models/test.gguf' } as LoadSpec;
const ready: ChildMessage = { type: 'ready', protocolVersion: 1 };
const info = { nCtx: 8 } as Extract<ChildMessage, { type: 'loaded' }>['info'];
const never = new AbortController().signal;

class ScriptedProcess implements LoadingProcess {
  readonly pid = 42;
  lastErrorLine: string | undefined;
  readonly sent: ParentMessage[] = [];
  isKilled = false;
  say: (message: ChildMessage) => void = () => {};
  print: () => void = () => {};
  exit: (exit: Partial<RunnerExit>) => void = () => {};
  readonly exited = new Promise<RunnerExit>((resolve) => {
    this.exit = (exit) =>
      resolve({ expected: false, code: 1, signal: null, lastErrorLine: undefined, ...exit });
  });

  listen(onMessage: (message: ChildMessage) => void, onOutput: () => void = () => {}): void {
    this.say = onMessage;
    this.print = onOutput;
  }
  send(message: ParentMessage): void {
    this.sent.push(message);
  }
  expectExit(): void {}
  kill(): void {
    this.isKilled = true;
    this.exit({ signal: 'SIGKILL' });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function begin(stallTimeoutMs: number, signal = never) {
  const child = new ScriptedProcess();
  const outcome: { value?: unknown; error?: string } = {};
  const done = loadModel(child, spec, { signal, stallTimeoutMs }).then(
    (value) => {
      outcome.value = value;
    },
    (error) => {
      if (!isCriaError(error)) throw error;
      outcome.error = `${error.code}: ${error.message}`;
    },
  );
  return { child, outcome, done };
}

describe('loadModel', () => {
  it('sends the load once when the process is ready', async () => {
    const { child, outcome, done } = begin(1000);
    child.say(ready);
    child.say(ready);
    expect(child.sent).toEqual([{ type: 'load', spec }]);
    child.say({ type: 'loaded', info });
    await done;
    expect(outcome.value).toEqual({ nCtx: 8, pid: 42 });
    expect(child.isKilled).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[string, (child: ScriptedProcess) => void]>([
    ['ready', (child) => child.say(ready)],
    ['progress', (child) => child.say({ type: 'loadProgress', fraction: 0.1 })],
    ['a line of output', (child) => child.print()],
  ])('starts its patience anew with %s', async (_, giveSign) => {
    const { child, outcome, done } = begin(1000);
    await vi.advanceTimersByTimeAsync(999);
    giveSign(child);
    await vi.advanceTimersByTimeAsync(999);
    expect(outcome).toEqual({});
    child.lastErrorLine = 'error: no disk';
    await vi.advanceTimersByTimeAsync(1);
    await done;
    expect(outcome.error).toBe('load_failed: timed out waiting for llama runner to start - error: no disk');
    expect(child.isKilled).toBe(true);
  });

  it.each([0, -1, Number.POSITIVE_INFINITY])('waits for ever with a limit of %s', async (limit) => {
    const { outcome } = begin(limit);
    await vi.advanceTimersByTimeAsync(100 * 24 * 3_600_000);
    expect(outcome).toEqual({});
  });

  it.each<[string, (child: ScriptedProcess) => void, string]>([
    [
      'another version',
      (child) => child.say({ type: 'ready', protocolVersion: 2 }),
      'load_failed: the runner speaks protocol version 2, the server version 1',
    ],
    [
      'a failure',
      (child) => child.say({ type: 'loadFailed', error: { code: 'invalid_gguf', message: 'lies' } }),
      'invalid_gguf: lies',
    ],
    [
      'an exit',
      (child) => child.exit({ code: 7 }),
      'load_failed: llama runner process has terminated: exit status 7',
    ],
    [
      'a crash',
      (child) => child.exit({ code: null, signal: 'SIGSEGV', lastErrorLine: 'error: bad' }),
      'load_failed: llama runner process has terminated: signal: segmentation fault: error: bad',
    ],
  ])('ends with %s', async (_, act, expected) => {
    const { child, outcome, done } = begin(1000);
    act(child);
    await done;
    expect(outcome.error).toBe(expected);
    expect(child.isKilled).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('adds to a failure what the process printed last', async () => {
    const { child, outcome, done } = begin(1000);
    child.kill = () => child.exit({ lastErrorLine: 'error: no tensor' });
    child.say({ type: 'loadFailed', error: { code: 'load_failed', message: 'cannot load the model' } });
    await done;
    expect(outcome.error).toBe('load_failed: cannot load the model: error: no tensor');
  });

  it('rejects only after the process has ended', async () => {
    const abort = new AbortController();
    const { child, outcome, done } = begin(1000, abort.signal);
    child.kill = () => {};
    abort.abort();
    await vi.advanceTimersByTimeAsync(10);
    expect(outcome).toEqual({});
    child.exit({});
    await done;
    expect(outcome.error).toBe('cancelled: request canceled');
  });
});
