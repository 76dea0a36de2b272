/** Starts the built program as a user would: a server on a free port with a store of its own, and the command line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.ts';

export const root = path.resolve(import.meta.dirname, '../..');
export const main = path.join(root, 'dist', 'main.js');

/** The small model that the repository carries. */
export const miniModelPath = path.join(root, 'model', 'cria-mini.gguf');

/** A running `cria serve`. */
export interface TestServer {
  readonly url: string;
  /** Its home folder: nothing outside is touched. */
  readonly home: string;
  readonly modelsDir: string;
  /** What it and the commands that talk to it find in their environment. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly pid: number;
  /** What it has logged so far. */
  log(): string;
  /** Runs a command against this server. */
  cli(args: readonly string[], options?: { input?: string; cwd?: string }): Promise<CliResult>;
  /** Ends the process, by SIGTERM as a rule, and starts another one on the same port and store. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a server with further environment variables and waits until it answers. */
export async function startCria(env: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const home = mkdtempSync(path.join(tmpdir(), 'cria-e2e-'));
  const modelsDir = path.join(home, 'models');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const fullEnv: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: home,
    USERPROFILE: home,
    OLLAMA_HOST: `127.0.0.1:${port}`,
    OLLAMA_MODELS: modelsDir,
    ...env,
  };
  let log = '';
  const start = async (): Promise<ChildProcess> => {
    const started = spawn(process.execPath, [main, 'serve'], {
      env: fullEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer): void => {
      log += chunk.toString();
    };
    started.stdout.on('data', keep);
    started.stderr.on('data', keep);
    try {
      await untilAnswering(url, started);
    } catch (error) {
      started.kill('SIGKILL');
      throw new Error(`cria serve did not come up: ${log}`, { cause: error });
    }
    return started;
  };
  const end = async (running: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill(signal);
    await ended;
  };
  let child = await start();
  return {
    url,
    home,
    modelsDir,
    env: fullEnv,
    get pid() {
      return child.pid ?? 0;
    },
    log: () => log,
    cli: (args, options) => runCli(args, fullEnv, options),
    restart: async (signal) => {
      await end(child, signal);
      child = await start();
    },
    stop: async () => {
      await end(child);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A whole answer of the server. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, or the last line of a stream. Tests look at what they expect to be there. */
  // biome-ignore lint/suspicious/noExplicitAny: its shape is what the tests are about
  readonly json: any;
}

/** Sends text as it is, anything else as JSON, and reads the answer to its end. */
export async function post(server: TestServer, url: string, body: unknown): Promise<HttpAnswer> {
  const response = await fetch(server.url + url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const { status, headers } = response;
  return { status, headers, text, json: JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') };
}

/** All items of a stream. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Puts a GGUF file into the store under a name; `fields` are more of the create request's. */
export async function addModel(
  server: TestServer,
  name: string,
  file: string,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const bytes = readFileSync(file);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const upload = await fetch(`${server.url}/api/blobs/${digest}`, { method: 'POST', body: bytes });
  if (!upload.ok) throw new Error(await upload.text());
  await createModel(server, { model: name, files: { 'model.gguf': digest }, ...fields });
}

/** POST /api/create. */
export async function createModel(
  server: TestServer,
  request: Readonly<Record<string, unknown>>,
): Promise<void> {
  const created = await post(server, '/api/create', { ...request, stream: false });
  if (created.status !== 200) throw new Error(created.text);
}

async function untilAnswering(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}`);
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function runCli(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  options: { input?: string; cwd?: string } = {},
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { env, cwd: options.cwd, stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(options.input ?? '');
  });
}
