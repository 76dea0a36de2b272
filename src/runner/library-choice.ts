/** Chooses the folder of llama.cpp libraries: a GPU variant only if it loads and finds a device, tried in a throw-away child. */
import { spawn } from 'node:child_process';
import type { Logger } from '../log.ts';
import { OutputTail } from './output-tail.ts';

/** A device as the probe reports it. */
export interface ProbedDevice {
  readonly name: string;
  /** `gpu` and `igpu` count as GPUs. */
  readonly type: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

export interface LibraryChoice {
  /** Undefined = the engine's own default. */
  readonly libraryDir: string | undefined;
  /** The GPUs that its probe found; empty = the CPU is used. */
  readonly gpus: readonly ProbedDevice[];
}

export interface LibraryChoiceOptions {
  /** Folders of GPU variants in order of preference. */
  readonly gpuCandidates: readonly string[];
  /** Taken without a try when no candidate finds a GPU. */
  readonly fallbackDir: string | undefined;
  /**
   * Entry file of the probe: gets a folder as its argument and prints one line of JSON on standard output,
   * `{"devices":[{"name","type","totalBytes","freeBytes"}]}`.
   */
  readonly probeEntryPath: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** A driver that hangs must not hold up the start for longer. */
  readonly timeoutMs: number;
}

/** An answer longer than this is none. */
const maxAnswerLength = 64 * 1024;

/** Returns a function that chooses on its first call and remembers. It never rejects: the fallback remains. */
export function createLibraryChooser(options: LibraryChoiceOptions): () => Promise<LibraryChoice> {
  let choice: Promise<LibraryChoice> | undefined;
  return () => {
    choice ??= choose(options);
    return choice;
  };
}

async function choose(options: LibraryChoiceOptions): Promise<LibraryChoice> {
  const { log } = options;
  for (const libraryDir of options.gpuCandidates) {
    const { devices, reason } = await probe(libraryDir, options);
    const gpus = devices.filter(({ type }) => type === 'gpu' || type === 'igpu');
    if (gpus.length > 0) {
      log.info('using GPU library', { libraryDir, devices: gpus.map(({ name }) => name) });
      return { libraryDir, gpus };
    }
    log.debug('library variant not usable', { libraryDir, reason: reason ?? 'no GPU found' });
  }
  return { libraryDir: options.fallbackDir, gpus: [] };
}

interface ProbeResult {
  readonly devices: readonly ProbedDevice[];
  /** Why there are none, if the probe did not come so far. */
  readonly reason?: string | undefined;
}

function probe(libraryDir: string, options: LibraryChoiceOptions): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [options.probeEntryPath, libraryDir], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...options.env },
      windowsHide: true,
    });
    const errors = new OutputTail((line) => options.log.trace(line, { libraryDir }));
    let answer = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      answer += text;
      if (answer.length > maxAnswerLength) child.kill('SIGKILL');
    });
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => errors.push(text));

    const finish = (result: ProbeResult): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      resolve(result);
    };
    const timer = setTimeout(() => finish({ devices: [], reason: 'no answer in time' }), options.timeoutMs);
    child.on('error', (error) => finish({ devices: [], reason: error.message }));
    child.on('close', (code, signal) => {
      const devices = code === 0 ? parseDevices(answer) : undefined;
      const reason =
        errors.lastErrorLine ?? (code === 0 ? 'malformed answer' : `ended with ${signal ?? code}`);
      finish(devices === undefined ? { devices: [], reason } : { devices });
    });
  });
}

/** The devices of the last line that is the expected JSON; libraries may print lines of their own before it. */
export function parseDevices(output: string): readonly ProbedDevice[] | undefined {
  if (output.length > maxAnswerLength) return undefined;
  for (const line of output.trim().split('\n').reverse()) {
    if (!line.startsWith('{')) continue;
    try {
      const value: unknown = JSON.parse(line);
      if (isRecord(value) && Array.isArray(value.devices) && value.devices.every(isDevice))
        return value.devices;
    } catch {
      // Not JSON after all: a line of the library's.
    }
  }
  return undefined;
}

function isDevice(value: unknown): value is ProbedDevice {
  return (
    isRecord(value) &&
    typeof value.name === 'string' &&
    typeof value.type === 'string' &&
    isSize(value.totalBytes) &&
    isSize(value.freeBytes)
  );
}

function isSize(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
