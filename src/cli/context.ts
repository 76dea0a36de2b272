/** What every command is given: the settings, the three streams, and the way to the server. */
import { type Readable, Writable } from 'node:stream';
import { CriaClient } from '../api/client.ts';
import { type Config, type Environment, loadConfig } from '../config/index.ts';
import type { BackgroundServer } from './server.ts';
import { ensureServer } from './server.ts';
import { createStyle, type Style } from './terminal/style.ts';

/** A terminal's keyboard has `setRawMode`. */
export type InputStream = Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The process around the command line; tests give another. */
export interface World {
  readonly env: Environment;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Relative paths of the command line start here. */
  readonly cwd: string;
  /** Calls `handler` for every interrupt (Ctrl-C in a cooked terminal) instead of ending the process; returns the way back. */
  onInterrupt(handler: () => void): () => void;
  /** Starts `cria serve` as a process of its own. */
  startServer(config: Config): BackgroundServer;
}

export interface CliContext extends World {
  readonly config: Config;
  /** For standard output. */
  readonly style: Style;
  /** For standard error. */
  readonly errorStyle: Style;
  /** Talks to the configured server, whether it is there or not. */
  readonly client: CriaClient;
  /** The same client, once the server answers; starts a server on this machine if none is there. */
  connect(): Promise<CriaClient>;
}

export function createContext(world: World): CliContext {
  const config = loadConfig(world.env);
  const client = new CriaClient(config.host.url);
  // What draws on standard error asks whether it is a terminal; one without escape sequences gets plain lines, as a file does.
  const stderr = config.isDumbTerminal ? asFile(world.stderr) : world.stderr;
  const styleFor = (output: OutputStream): Style =>
    createStyle(output.isTTY === true && !config.noColor && !config.isDumbTerminal);
  const errorStyle = styleFor(stderr);
  return {
    ...world,
    stderr,
    config,
    client,
    style: styleFor(world.stdout),
    errorStyle,
    connect: async () => {
      for (const warning of config.warnings.filter((text) => text.startsWith('OLLAMA_HOST'))) {
        stderr.write(`Warning: ${warning}\n`);
      }
      await ensureServer({
        client,
        host: config.host,
        start: () => world.startServer(config),
        notice: (text) => stderr.write(`${errorStyle.dim(text)}\n`),
      });
      return client;
    },
  };
}

/** The same place to write to, not said to be a terminal. */
function asFile(output: OutputStream): OutputStream {
  return new Writable({ write: (chunk, encoding, done) => void output.write(chunk, encoding, done) });
}
