/** Runs commands in this process against a server that answers as the test says. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { closedPort } from '../../util/testdata/closed-port.ts';
import { runCli } from '../cli.ts';
import type { World } from '../context.ts';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
  /** The body as JSON. */
  readonly json: Record<string, unknown>;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
  /** NDJSON; undefined among them = never goes on. */
  readonly lines?: readonly unknown[];
}

/** `METHOD /path` → the answer to it. */
export type Routes = Record<string, Reply | ((call: Call) => Reply)>;

export class FakeApi {
  readonly calls: Call[] = [];
  /** Requests whose client went away before the answer was complete. */
  abortedCalls = 0;
  readonly #server: Server;
  readonly #routes: Routes;

  private constructor(routes: Routes) {
    this.#routes = routes;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** `port` 0 = any. */
  static async start(routes: Routes, port = 0): Promise<FakeApi> {
    const api = new FakeApi(routes);
    api.#server.listen(port, '127.0.0.1');
    await once(api.#server, 'listening');
    return api;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Calls of one route, e.g. `POST /api/generate`. */
  callsOf(route: string): Call[] {
    return this.calls.filter((call) => `${call.method} ${call.path}` === route);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method = '', url: path = '' } = request;
    const call: Call = {
      method,
      path,
      body,
      get json() {
        return JSON.parse(body.toString());
      },
    };
    this.calls.push(call);
    if (`${method} ${path}` === 'HEAD /') {
      response.end();
      return;
    }
    const route = this.#routes[`${method} ${path}`] ?? this.#routes[`${method} ${path.replace(/[^/]*$/, '*')}`];
    const reply =
      route === undefined
        ? { status: 404, json: { error: `no route ${method} ${path}` } }
        : typeof route === 'function'
          ? route(call)
          : route;
    response.writeHead(reply.status ?? 200, reply.headers);
    response.on('close', () => {
      if (!response.writableFinished) this.abortedCalls++;
    });
    for (const line of reply.lines ?? []) {
      if (line === undefined) {
        response.flushHeaders();
        return;
      }
      response.write(`${JSON.stringify(line)}\n`);
    }
    response.end(reply.json === undefined ? undefined : JSON.stringify(reply.json));
  }
}

export interface RunOptions {
  /** Default: one where nobody listens. */
  readonly host?: string;
  /** undefined = a terminal's keyboard. */
  readonly stdin?: string;
  readonly isStdoutTerminal?: boolean;
  readonly isStderrTerminal?: boolean;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly startServer?: World['startServer'];
  /** Called with every piece of standard output. */
  readonly onStdout?: (text: string, interrupt: () => void) => void;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One run of the command line; nothing of the real environment reaches it. */
export async function runCommand(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const stdin = Object.assign(new PassThrough(), { isTTY: options.stdin === undefined });
  stdin.end(options.stdin);
  const stdout = new Recorder(options.isStdoutTerminal ?? false);
  const stderr = new Recorder(options.isStderrTerminal ?? false);
  let interrupt = (): void => {};
  const { onStdout } = options;
  if (onStdout !== undefined) stdout.on('text', (text: string) => onStdout(text, () => interrupt()));
  const host = options.host ?? `127.0.0.1:${await closedPort()}`;
  const exitCode = await runCli(argv, {
    env: { HOME: '/nonexistent', OLLAMA_HOST: host, ...options.env },
    stdin,
    stdout,
    stderr,
    cwd: options.cwd ?? '/nonexistent',
    onInterrupt: (handler) => {
      interrupt = handler;
      return () => {
        interrupt = () => {};
      };
    },
    startServer:
      options.startServer ??
      (() => {
        throw new Error('the test wants no server to be started');
      }),
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

/** Keeps what is written to it. */
export class Recorder extends PassThrough {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 80;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
    this.on('data', (chunk: Buffer) => {
      this.text += chunk.toString();
      this.emit('text', chunk.toString());
    });
  }
}
