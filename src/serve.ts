/** The composition root: builds every room once, wires them, and owns the order in which they come up and go down. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from './config/index.ts';
import { createWorkerConverter } from './convert/in-worker.ts';
import { createApp } from './http/app.ts';
import { createInference } from './inference/index.ts';
import { registerBundledModel } from './library/bundled.ts';
import { createLibrary } from './library/library.ts';
import { createLogger, type Logger } from './log.ts';
import { candidateFolders } from './native/library-folders.ts';
import { goPromptTemplate } from './prompt/go-template.ts';
import { createTemplateCache } from './prompt/pick-template.ts';
import { createRegistry } from './registry/registry.ts';
import { readCertificates } from './registry/transport/certificates.ts';
import { createLibraryChooser } from './runner/library-choice.ts';
import { createQuantizer } from './runner/quantizer.ts';
import { createRunnerStarter } from './runner/starter.ts';
import { createScheduler } from './scheduler/scheduler.ts';
import { createStore, openStore } from './store/store.ts';
import { inspectGoTemplate } from './template/gotmpl/index.ts';
import { createHashThreads } from './util/hash-threads.ts';
import { systemMemory } from './util/system-memory.ts';

/** The Ollama level that is implemented: what `/api/version` tells; clients compare it. */
const ollamaVersion = '0.33.0';

/** How long a runner may take to free its model before it is killed. */
const runnerGraceMs = 5_000;
/** Drivers that hang must not hold up the first load for longer. */
const probeTimeoutMs = 20_000;

/** The small model that comes with cria, for a first run without a network. */
const bundledModel = {
  name: 'cria-mini',
  ggufPath: sibling('../model/cria-mini.gguf'),
  // So small a model is right most often where it is surest.
  contents: { parameters: { temperature: 0 }, licenses: ['MIT, as cria itself; see model/MODEL_CARD.md.'] },
};

/** A server that is up. */
export interface RunningServer {
  readonly url: string;
  /** Stops listening, cancels what is under way, unloads all models. */
  close(): Promise<void>;
}

/** Runs until SIGINT or SIGTERM. */
export async function serve(config: Config): Promise<void> {
  const log = createLogger(config.logLevel);
  const server = await startServer(config, log);
  const signal = await new Promise<string>((resolve) => {
    process.once('SIGINT', () => resolve('SIGINT'));
    process.once('SIGTERM', () => resolve('SIGTERM'));
  });
  log.info('shutting down', { signal });
  // A second Ctrl-C ends the process at once.
  await server.close();
}

/** Brings every room up and listens. Throws when the address is taken or the store cannot be used. */
export async function startServer(config: Config, log: Logger): Promise<RunningServer> {
  for (const warning of config.warnings) log.warn(warning);

  const hasher = createHashThreads({ entryPath: sibling('./util/hash-worker.js') });
  const store = createStore({
    root: config.modelsDir,
    preferGoTemplate: config.goTemplate,
    inspectGoTemplate,
    hasher,
    log: log.child({ room: 'store' }),
  });
  const chooseLibrary = createLibraryChooser({
    ...libraryFolders(config),
    probeEntryPath: sibling('./engine/probe.js'),
    env: config.runnerEnv,
    log: log.child({ room: 'runner' }),
    timeoutMs: probeTimeoutMs,
  });
  const scheduler = createScheduler({
    startRunner: createRunnerStarter({
      entryPath: sibling('./engine/main.js'),
      log: log.child({ room: 'runner' }),
      graceMs: runnerGraceMs,
      loadTimeoutMs: config.loadTimeoutMs,
      env: config.runnerEnv,
    }),
    library: chooseLibrary,
    settings: {
      numParallel: config.numParallel ?? 0,
      maxLoadedModels: config.maxLoadedModels ?? 0,
      maxQueue: config.maxQueue,
      defaultKeepAliveMs: config.keepAliveMs,
      defaultNCtx: config.contextLength ?? 0,
      flashAttention: config.flashAttention === undefined ? -1 : config.flashAttention ? 1 : 0,
      kvCacheType: config.kvCacheType,
    },
    memory: systemMemory,
    log: log.child({ room: 'scheduler' }),
  });
  const registry = createRegistry({
    paths: store.paths,
    blobs: store.blobs,
    hasher,
    stateDir: config.stateDir,
    proxy: { http: config.httpProxy, https: config.httpsProxy, none: config.noProxy },
    privateHosts: config.privateHosts,
    certificates: await readCertificates(config.certificateFile, log),
    userAgent: userAgent(config.version),
    log: log.child({ room: 'registry' }),
  });
  const library = createLibrary({
    store,
    registry,
    scheduler,
    convert: createWorkerConverter(sibling('./convert/worker.js')),
    quantize: createQuantizer({
      entryPath: sibling('./engine/quantize.js'),
      libraryDir: config.llamaLibDir,
      env: config.runnerEnv,
      log: log.child({ room: 'runner' }),
    }),
    inspectGoTemplate,
    noPrune: config.noPrune,
    log: log.child({ room: 'library' }),
  });
  const inference = createInference({
    resolver: store.resolver,
    scheduler,
    templateOf: createTemplateCache(),
    compileTemplate: goPromptTemplate,
    warn: (message, fields) => log.warn(message, { room: 'inference', ...fields }),
  });
  const app = createApp({
    inference,
    library,
    origins: config.origins,
    allowedHosts: config.allowedHosts,
    version: ollamaVersion,
    criaVersion: config.version,
    log: log.child({ room: 'http' }),
  });

  await openStore(store, { noPrune: config.noPrune });
  const abort = new AbortController();
  await registerBundledModel({ store, library, log }, bundledModel, { signal: abort.signal });
  const url = await app.listen({ host: config.host.hostname, port: config.host.port });
  // What the first requests will ask for is found out beforehand, without holding up the start.
  void chooseLibrary();
  void library.list().catch((error: unknown) => log.warn('could not list the models', { error }));
  log.info('listening', { url, version: config.version, models: config.modelsDir });
  return {
    url,
    close: async () => {
      await app.close();
      await registry.close();
      await scheduler.close();
    },
  };
}

/** A folder that the user names is taken in any case; otherwise GPU variants are tried before the engine's default. */
function libraryFolders(config: Config): {
  gpuCandidates: readonly string[];
  fallbackDir: string | undefined;
} {
  if (config.llamaLibDir !== undefined)
    return { gpuCandidates: [config.llamaLibDir], fallbackDir: config.llamaLibDir };
  const gpuFolders = candidateFolders().filter(({ variant }) => variant !== 'cpu');
  return { gpuCandidates: gpuFolders.map(({ dir }) => dir), fallbackDir: undefined };
}

/** Begins as Ollama's does: registries look at its version. */
function userAgent(version: string): string {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  return `ollama/${ollamaVersion} (${arch} ${os}) cria/${version}`;
}

function sibling(relative: string): string {
  return path.normalize(fileURLToPath(new URL(relative, import.meta.url)));
}
