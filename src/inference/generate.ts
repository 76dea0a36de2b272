/** The generate use case: the stages in order. */
import { CriaError, isCriaError } from '../errors.ts';
import { createAnswerParser } from '../output/answer-parser.ts';
import { fitHistory, maxPromptTokens } from '../prompt/fit-history.ts';
import type { PromptTemplate } from '../prompt/types.ts';
import type { Message, ThinkValue } from '../types/message.ts';
import type { ResolvedModel } from '../types/model.ts';
import {
  effectiveThink,
  refuseImageGeneration,
  requireCapability,
  requireCompletion,
  requireImageSupport,
} from './capabilities.ts';
import { constrain, formatGrammar } from './constrain.ts';
import { resolveOptions } from './options.ts';
import { answerFormat } from './parser.ts';
import { resolveModel } from './resolve.ts';
import type { InferenceDeps, Job, PreparedPrompt } from './run.ts';
import { baseWork, loadAnswer, renderAnswer, runJob, unloadAnswer, warnUnknown } from './run.ts';
import type { Answer, GenerateRequest } from './types.ts';

/** Validates, then answers; see `Inference.generate`. */
export async function generate(
  deps: InferenceDeps,
  request: GenerateRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const startedAt = performance.now();
  const model = await resolveModel(deps, request.model);
  if (request.prompt === '' && request.keepAliveMs === 0) return unloadAnswer(deps, model);

  refuseImageGeneration(model);
  const hasContext = (request.context?.length ?? 0) > 0;
  if (request.raw && (request.template !== '' || request.system !== '' || hasContext))
    throw new CriaError('bad_request', 'raw mode does not support template, system, or context');
  const think = effectiveThink(model, request.model, request.think);
  requireCompletion(model, request.model, 'generate');
  if (request.suffix !== '') requireCapability(model, 'insert');
  const options = resolveOptions(model.parameters, request.options);
  warnUnknown(deps, model, options);
  requireImageSupport(model, request.images.length);

  const grammar = formatGrammar(request.format);

  const head = { request, model, options, grammar, startedAt, signal };
  if (request.prompt === '') return loadAnswer(deps, head);

  const template =
    request.template === '' ? deps.templateOf(model) : overridingTemplate(deps, request.template);
  const job: Job = {
    ...head,
    prepare: async (runner, runSignal): Promise<PreparedPrompt> => {
      const countTokens = async (text: string): Promise<number> =>
        (await runner.tokenize({ text, addSpecial: false, parseSpecial: true }, { signal: runSignal }))
          .length;
      const { text, truncation } = await buildPrompt({
        request,
        model,
        template,
        think,
        countTokens,
        maxTokens: maxPromptTokens(runner.info.nCtx),
      });
      // A raw prompt is not the template's: nothing but a thought is looked for behind it.
      const shown = request.raw ? { ...template, answerLayout: undefined } : template;
      const answer = answerFormat({ template: shown, prompt: text, messages: [], think, tools: [] });
      return {
        text,
        imageCount: request.images.length,
        truncation,
        work: {
          ...baseWork(head),
          grammar: constrain(grammar, answer),
          prompt: text,
          addSpecial: !hasContext,
          ...(hasContext && request.context !== undefined ? { contextTokens: request.context } : {}),
          returnTokens: !request.raw,
        },
        parser: createAnswerParser(answer),
      };
    },
  };
  if (request.debugRenderOnly) return renderAnswer(deps, job);
  return { type: 'stream', events: runJob(deps, job) };
}

interface PromptInput {
  readonly request: GenerateRequest;
  readonly model: ResolvedModel;
  readonly template: PromptTemplate;
  readonly think: ThinkValue | undefined;
  readonly countTokens: (text: string) => Promise<number>;
  readonly maxTokens: number;
}

/** Raw text, a fill-in-the-middle prompt, or system + stored messages + prompt as a conversation. */
async function buildPrompt(input: PromptInput): Promise<Pick<PreparedPrompt, 'text' | 'truncation'>> {
  const { request, model, template, think } = input;
  if (request.raw) return { text: request.prompt, truncation: undefined };
  if (request.suffix !== '') {
    if (template.renderInfill === undefined)
      throw new CriaError('capability_missing', `${model.fullName} does not support insert`);
    return {
      text: template.renderInfill({ prompt: request.prompt, suffix: request.suffix, think }),
      truncation: undefined,
    };
  }
  const system = request.system === '' ? model.system : request.system;
  const messages: Message[] = [
    ...(system === undefined || system === '' ? [] : [{ role: 'system', content: system }]),
    ...(request.context === undefined ? model.messages : []),
    {
      role: 'user',
      content: request.prompt,
      ...(request.images.length > 0 ? { images: request.images } : {}),
    },
  ];
  const render = (kept: readonly Message[]): string =>
    template.renderChat({ messages: kept, tools: [], think });
  if (request.truncate === false) return { text: render(messages), truncation: undefined };
  return fitHistory({ messages, render, countTokens: input.countTokens, maxTokens: input.maxTokens });
}

/** The request's own template; that it doesn't parse counts as a failure of the server there, as with Ollama. */
function overridingTemplate(deps: InferenceDeps, source: string): PromptTemplate {
  try {
    return deps.compileTemplate(source);
  } catch (error) {
    if (isCriaError(error, 'template_error'))
      throw new CriaError('internal', error.message, { cause: error });
    throw error;
  }
}
