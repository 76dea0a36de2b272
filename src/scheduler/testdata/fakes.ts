/** A model, a runner and a way to start it that exist in memory only; tests decide when something happens. */
import { cancelledError } from '../../errors.ts';
import type { LoadSpec } from '../../protocol/messages.ts';
import type { Runner, RunnerExit, StartRunner } from '../../runner/types.ts';
import type { GgufSummary, ResolvedModel } from '../../types/model.ts';

export const GiB = 2 ** 30;

/** The shape of a small llama: one cell of its f16 cache takes 32 KiB. */
export const gguf: GgufSummary = {
  architecture: 'llama',
  sizeBytes: GiB,
  nLayers: 16,
  nCtxTrain: 131_072,
  nEmbd: 2048,
  nHeads: 32,
  nHeadsKv: 8,
  headDimK: 64,
  headDimV: 64,
  nVocab: 128_256,
  fileType: 'Q8_0',
  chatTemplate: undefined,
  namedChatTemplates: {},
  poolingType: undefined,
  bosToken: '<s>',
  eosToken: '</s>',
  addBosToken: true,
  fim: undefined,
};

export function fakeModel(name: string, change: Partial<GgufSummary> = {}, more: Partial<ResolvedModel> = {}): ResolvedModel {
  return {
    name: { host: 'registry.ollama.ai', namespace: 'library', model: name, tag: 'latest' },
    displayName: `${name}:latest`,
    fullName: `registry.ollama.ai/library/${name}:latest`,
    manifestDigest: '0'.repeat(64),
    modifiedAt: new Date(0),
    modelPath: `/blobs/${name}`,
    furtherPaths: [],
    adapterPaths: [],
    projectorPaths: [],
    template: undefined,
    chatTemplate: { language: 'go', source: '' },
    system: undefined,
    parameters: {},
    messages: [],
    licenses: [],
    renderer: undefined,
    parser: undefined,
    requires: undefined,
    details: {
      parentModel: '',
      format: 'gguf',
      family: 'llama',
      families: ['llama'],
      parameterSize: '1B',
      quantizationLevel: 'Q8_0',
      contextLength: 131_072,
      embeddingLength: 2048,
    },
    gguf: { ...gguf, ...change },
    capabilities: ['completion'],
    totalSizeBytes: GiB,
    ...more,
  };
}

export class FakeRunner implements Runner {
  readonly info: Runner['info'];
  readonly exited: Promise<RunnerExit>;
  isAlive = true;
  /** Set to end the process by `exit` only. */
  holdsExit = false;
  readonly #resolve: (exit: RunnerExit) => void;

  constructor(spec: LoadSpec) {
    let settle: (exit: RunnerExit) => void = () => {};
    this.exited = new Promise((resolve) => {
      settle = resolve;
    });
    this.#resolve = settle;
    this.info = {
      nCtx: spec.nCtx,
      nSlots: spec.nSlots,
      nBatch: spec.nBatch,
      nThreads: spec.nThreads === 0 ? 8 : spec.nThreads,
      nVocab: 1,
      nEmbd: 1,
      bosToken: 1,
      eosToken: 2,
      addsBos: true,
      addsEos: false,
      canShift: true,
      sizeBytes: GiB,
      sizeVramBytes: 0,
      device: 'CPU',
      llamaVersion: 'fake',
      pid: 1,
    };
  }

  async unload(): Promise<void> {
    this.isAlive = false;
    if (!this.holdsExit) this.exit();
    await this.exited;
  }

  /** The process is gone. */
  exit(expected = true, lastErrorLine?: string): void {
    this.isAlive = false;
    this.#resolve({ expected, code: expected ? 0 : null, signal: expected ? null : 'SIGSEGV', lastErrorLine });
  }

  generate(): never {
    throw new Error('not faked');
  }
  embed(): never {
    throw new Error('not faked');
  }
  tokenize(): never {
    throw new Error('not faked');
  }
  tokenizeWithPieces(): never {
    throw new Error('not faked');
  }
  detokenize(): never {
    throw new Error('not faked');
  }
  stats(): never {
    throw new Error('not faked');
  }
}

/** One call of `startRunner`. */
export interface Start {
  readonly spec: LoadSpec;
  readonly signal: AbortSignal;
  readonly runner: FakeRunner;
  succeed(): void;
  fail(error: unknown): void;
}

/** Starts runners at once, or when told to while `isHeld`. */
export class FakeStarter {
  readonly starts: Start[] = [];
  isHeld = false;
  /** Errors of the next starts. */
  readonly failures: unknown[] = [];

  readonly start: StartRunner = (spec, { signal }) =>
    new Promise((resolve, reject) => {
      const runner = new FakeRunner(spec);
      let isDone = false;
      const succeed = (): void => {
        isDone = true;
        resolve(runner);
      };
      const fail = (error: unknown): void => {
        if (isDone) return;
        runner.isAlive = false;
        reject(error);
      };
      const start: Start = { spec, signal, runner, succeed, fail };
      this.starts.push(start);
      signal.addEventListener('abort', () => fail(cancelledError()), { once: true });
      const failure = this.failures.shift();
      if (failure !== undefined) fail(failure);
      else if (!this.isHeld) succeed();
    });

  /** Model paths in the order of their starts. */
  get paths(): string[] {
    return this.starts.map(({ spec }) => spec.modelPath);
  }
}
