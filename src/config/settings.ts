/** Every setting: which environment variable it comes from, its default, and how its text is read. docs/config.md lists the same. */
import path from 'node:path';
import { CriaError } from '../errors.ts';
import type { LogLevel } from '../log.ts';
import { parseGoBool } from '../util/go-bool.ts';
import { parseGoDuration } from '../util/go-duration.ts';
import { type HostAddress, parseHost } from './host.ts';

export interface Settings {
  readonly host: HostAddress;
  /** Root of the store. */
  readonly modelsDir: string;
  /** How long an idle model stays loaded; Infinity = for ever. */
  readonly keepAliveMs: number;
  /** How long a load may go without progress; Infinity = without limit. */
  readonly loadTimeoutMs: number;
  /** Default context length of one slot in tokens; undefined = automatic. */
  readonly contextLength: number | undefined;
  /** Slots of each model; undefined = automatic. */
  readonly numParallel: number | undefined;
  /** undefined = automatic. */
  readonly maxLoadedModels: number | undefined;
  /** Requests of one model that may wait. */
  readonly maxQueue: number;
  /** Further allowed origins, before the built-in ones; not checked yet. */
  readonly origins: readonly string[];
  /** Further values of the Host header that are served. */
  readonly allowedHosts: readonly string[];
  readonly logLevel: LogLevel;
  /** undefined = automatic. */
  readonly flashAttention: boolean | undefined;
  /** GGML type name of the KV cache. */
  readonly kvCacheType: string;
  /** Keep blobs that no model uses. */
  readonly noPrune: boolean;
  /** Keep no history of `cria run`. */
  readonly noHistory: boolean;
  /** true = a model's Go template wins over its GGUF's template, false = never, undefined = whichever can do more. */
  readonly goTemplate: boolean | undefined;
  /** Command line of the editor that Ctrl-G opens. */
  readonly editor: string;
  /** Hosts that remote models may name. */
  readonly remotes: readonly string[];
  /** Proxies towards registries, as the variables have them; '' = none. */
  readonly httpProxy: string;
  readonly httpsProxy: string;
  /** Names, addresses and networks that are reached without a proxy. */
  readonly noProxy: readonly string[];
  /** File of certificates (PEM) that vouch for registries besides the usual ones; '' = none. */
  readonly certificateFile: string;
  /** Hosts to which registries may redirect although their addresses are private. */
  readonly privateHosts: readonly string[];
  /** Folder of the llama.cpp libraries; undefined = the ones that came with cria. */
  readonly llamaLibDir: string | undefined;
  /** No colours in the terminal. */
  readonly noColor: boolean;
  /** The terminal understands no escape sequences. */
  readonly isDumbTerminal: boolean;
}

/** Options of `cria serve` that stand above variables. */
export type FlagName = 'host' | 'models';

/** How one setting is made. */
export interface Setting<T> {
  /** Environment variables that hold it; the first that is set wins. */
  readonly variables: readonly string[];
  readonly flag?: FlagName;
  /** Its default, in words for docs/config.md. */
  readonly defaultText: string;
  /**
   * Its value from a text without spaces and quotes around it; '' = not set. Throws `bad_request` for a text that cannot
   * be read (the default is then used), or tells `warn` and returns what it made of it.
   */
  readonly read: (text: string, context: ReadContext) => T;
}

export interface ReadContext {
  /** The user's home folder. */
  readonly home: string;
  readonly warn: (message: string) => void;
}

const fiveMinutesMs = 300_000;

export const settings: { readonly [K in keyof Settings]: Setting<Settings[K]> } = {
  host: {
    variables: ['OLLAMA_HOST'],
    flag: 'host',
    defaultText: '127.0.0.1:11434',
    read: (text, { warn }) => parseHost(text, warn),
  },
  modelsDir: {
    variables: ['OLLAMA_MODELS'],
    flag: 'models',
    defaultText: '~/.ollama/models',
    read: (text, { home }) => (text === '' ? path.join(home, '.ollama', 'models') : path.resolve(text)),
  },
  keepAliveMs: {
    variables: ['OLLAMA_KEEP_ALIVE'],
    defaultText: '5m',
    read: (text) => {
      const ms = durationMs(text, fiveMinutesMs);
      return ms < 0 ? Number.POSITIVE_INFINITY : ms;
    },
  },
  loadTimeoutMs: {
    variables: ['OLLAMA_LOAD_TIMEOUT'],
    defaultText: '5m',
    read: (text) => {
      const ms = durationMs(text, fiveMinutesMs);
      return ms <= 0 ? Number.POSITIVE_INFINITY : ms;
    },
  },
  contextLength: { variables: ['OLLAMA_CONTEXT_LENGTH'], defaultText: 'automatic', read: countOrAutomatic },
  numParallel: { variables: ['OLLAMA_NUM_PARALLEL'], defaultText: 'automatic', read: countOrAutomatic },
  maxLoadedModels: {
    variables: ['OLLAMA_MAX_LOADED_MODELS'],
    defaultText: 'automatic',
    read: countOrAutomatic,
  },
  maxQueue: {
    variables: ['OLLAMA_MAX_QUEUE'],
    defaultText: '512',
    read: (text) => (text === '' ? 512 : count(text)),
  },
  origins: { variables: ['OLLAMA_ORIGINS'], defaultText: 'none', read: list },
  allowedHosts: { variables: ['CRIA_ALLOWED_HOSTS'], defaultText: 'none', read: list },
  logLevel: { variables: ['OLLAMA_DEBUG'], defaultText: 'info', read: logLevel },
  flashAttention: { variables: ['OLLAMA_FLASH_ATTENTION'], defaultText: 'automatic', read: boolOrUnset },
  kvCacheType: {
    variables: ['OLLAMA_KV_CACHE_TYPE'],
    defaultText: 'f16',
    read: (text) => (text === '' ? 'f16' : text.toLowerCase()),
  },
  noPrune: { variables: ['OLLAMA_NOPRUNE'], defaultText: 'false', read: bool },
  noHistory: { variables: ['OLLAMA_NOHISTORY'], defaultText: 'false', read: bool },
  goTemplate: { variables: ['OLLAMA_GO_TEMPLATE'], defaultText: 'automatic', read: boolOrUnset },
  editor: {
    variables: ['OLLAMA_EDITOR', 'VISUAL', 'EDITOR'],
    defaultText: 'vi, on Windows notepad',
    read: (text) => text || (process.platform === 'win32' ? 'notepad' : 'vi'),
  },
  remotes: {
    variables: ['OLLAMA_REMOTES'],
    defaultText: 'ollama.com',
    read: (text) => (text === '' ? ['ollama.com'] : list(text)),
  },
  httpProxy: { variables: ['HTTP_PROXY', 'http_proxy'], defaultText: 'none', read: (text) => text },
  httpsProxy: { variables: ['HTTPS_PROXY', 'https_proxy'], defaultText: 'none', read: (text) => text },
  noProxy: { variables: ['NO_PROXY', 'no_proxy'], defaultText: 'none', read: list },
  certificateFile: {
    variables: ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'],
    defaultText: 'none',
    read: (text) => text,
  },
  privateHosts: { variables: ['CRIA_PRIVATE_HOSTS'], defaultText: 'none', read: list },
  llamaLibDir: {
    variables: ['CRIA_LLAMA_LIB_DIR'],
    defaultText: 'the libraries that came with cria',
    read: (text) => (text === '' ? undefined : path.resolve(text)),
  },
  // https://no-color.org: any value counts.
  noColor: { variables: ['NO_COLOR'], defaultText: 'not set', read: (text) => text !== '' },
  isDumbTerminal: { variables: ['TERM'], defaultText: 'not set', read: (text) => text === 'dumb' },
};

/** A Go duration or a number of seconds. */
function durationMs(text: string, defaultMs: number): number {
  if (text === '') return defaultMs;
  return /^[+-]?\d+$/.test(text) ? Number(text) * 1000 : parseGoDuration(text);
}

function count(text: string): number {
  const value = /^\+?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) {
    throw new CriaError('bad_request', `${JSON.stringify(text)} is not a whole number of 0 or more`);
  }
  return value;
}

function countOrAutomatic(text: string): number | undefined {
  return text === '' ? undefined : count(text) || undefined;
}

/** Anything that does not spell a boolean counts as true. */
function bool(text: string): boolean {
  return text !== '' && (parseGoBool(text) ?? true);
}

function boolOrUnset(text: string): boolean | undefined {
  return text === '' ? undefined : bool(text);
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** A boolean, or Ollama's numbers: 1 debug, 2 trace, -1 warnings, -2 errors. */
function logLevel(text: string): LogLevel {
  if (!/^[+-]?\d+$/.test(text)) return bool(text) ? 'debug' : 'info';
  const verbosity = Math.max(-2, Math.min(Number(text), 2));
  return (['error', 'warn', 'info', 'debug', 'trace'] as const)[verbosity + 2] ?? 'info';
}
