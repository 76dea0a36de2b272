/** The stages that generate and chat share, from the lease of a runner to the last event. */
import { isCriaError } from '../errors.ts';
import type { OutputParser } from '../output/types.ts';
import type { PromptTemplate } from '../prompt/types.ts';
import type { GenerateWork } from '../protocol/messages.ts';
import type { Runner } from '../runner/types.ts';
import type { Lease, Scheduler } from '../scheduler/types.ts';
import type { AnswerEvent, Truncation } from '../types/events.ts';
import type { ResolvedModel } from '../types/model.ts';
import { parseAnswer } from './answer.ts';
import type { ResolvedOptions } from './options.ts';
import type { Answer, CommonRequest } from './types.ts';

/** What the use cases are made of; injected by the composition root. */
export interface InferenceDeps {
  readonly resolver: ModelResolver;
  readonly scheduler: Scheduler;
  /** The template in use for a model, compiled once. */
  readonly templateOf: (model: ResolvedModel) => PromptTemplate;
  /** Compiles the `template` field of a generate request. */
  readonly compileTemplate: (source: string) => PromptTemplate;
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface ModelResolver {
  /** Throws `invalid_model_name`, `model_not_found`, `blob_not_found`, `corrupt_store`, `invalid_gguf`. */
  resolve(name: string): Promise<ResolvedModel>;
}

/** A request after validation, before it has a runner. */
export interface Job {
  readonly request: CommonRequest;
  readonly model: ResolvedModel;
  readonly options: ResolvedOptions;
  /** What `format` demands, as a grammar. */
  readonly grammar: string | undefined;
  readonly startedAt: number;
  readonly signal: AbortSignal;
  /** Renders the prompt, with the runner's help for counting; called again when a runner died before its first token. */
  readonly prepare: (runner: Runner, signal: AbortSignal) => Promise<PreparedPrompt>;
}

export interface PreparedPrompt {
  readonly text: string;
  readonly imageCount: number;
  /** What the history has lost to fit. */
  readonly truncation: Truncation | undefined;
  readonly work: GenerateWork;
  /** A fresh one for each attempt: parsers have state. */
  readonly parser: OutputParser;
}

/** A request with `keep_alive: 0` and nothing to say. */
export function unloadAnswer(deps: InferenceDeps, model: ResolvedModel): Answer {
  deps.scheduler.unload(model.modelPath);
  return { type: 'single', event: { type: 'done', reason: 'unload' } };
}

/** A request with nothing to say: loads the model. */
export async function loadAnswer(deps: InferenceDeps, job: Omit<Job, 'prepare'>): Promise<Answer> {
  const lease = await acquire(deps, job, false);
  lease.release();
  return { type: 'single', event: { type: 'done', reason: 'load' } };
}

/** `_debug_render_only`: the prompt as the model would see it. */
export async function renderAnswer(deps: InferenceDeps, job: Job): Promise<Answer> {
  using lease = await acquire(deps, job, false);
  const { text, imageCount, work } = await job.prepare(lease.runner, job.signal);
  const { contextTokens = [] } = work;
  const context =
    contextTokens.length === 0
      ? ''
      : await lease.runner.detokenize(contextTokens, { special: true, signal: job.signal });
  return { type: 'rendered', text: context + text, imageCount };
}

/**
 * Runs a job. The first event is preceded by everything that can fail early, so a consumer that waits for it before it
 * commits to a status reports those failures properly. A runner that dies before it said anything is replaced once.
 */
export async function* runJob(deps: InferenceDeps, job: Job): AsyncGenerator<AnswerEvent> {
  for (let attempt = 1; ; attempt++) {
    using lease = await acquire(deps, job, true);
    const readyAt = performance.now();
    let hasAnswered = false;
    try {
      const prepared = await job.prepare(lease.runner, job.signal);
      const tokens = lease.runner.generate(prepared.work, { signal: job.signal });
      const times = { startedAt: job.startedAt, readyAt };
      const { parser, truncation } = prepared;
      for await (const event of parseAnswer(tokens, parser, { times, truncation })) {
        hasAnswered = true;
        yield event;
      }
      return;
    } catch (error) {
      const isRetried = isCriaError(error, 'runner_died') && !hasAnswered && attempt === 1;
      if (!isRetried || job.signal.aborted) throw error;
      deps.warn('the runner died before its first token; trying once more', { model: job.model.displayName });
    }
  }
}

/** Fields of the work item that do not depend on the prompt. */
export function baseWork(
  job: Pick<Job, 'request' | 'options' | 'model'>,
): Omit<GenerateWork, 'prompt' | 'addSpecial'> {
  const { request, options, model } = job;
  return {
    sampling: options.sampling,
    nPredict: options.numPredict > 0 ? options.numPredict : -1,
    stop: options.stop,
    nKeep: options.numKeep,
    truncate: request.truncate ?? true,
    shift: request.shift ?? model.details.family !== 'deepseek2',
    deterministic: options.deterministic,
    ...(request.logprobs ? { topLogprobs: request.topLogprobs } : {}),
  };
}

/** Warns of options that nothing reads, once a request. */
export function warnUnknown(deps: InferenceDeps, model: ResolvedModel, options: ResolvedOptions): void {
  if (options.unknown.length === 0) return;
  deps.warn('ignoring unknown options', { model: model.displayName, options: options.unknown.slice(0, 20) });
}

function acquire(deps: InferenceDeps, job: Omit<Job, 'prepare'>, needsSlot: boolean): Promise<Lease> {
  return deps.scheduler.acquire({
    model: job.model,
    options: job.options.runner,
    keepAliveMs: job.request.keepAliveMs,
    needsSlot,
    signal: job.signal,
  });
}
