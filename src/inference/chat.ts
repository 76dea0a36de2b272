/** The chat use case: the stages in order. */
import { createAnswerParser } from '../output/answer-parser.ts';
import { fitHistory, maxPromptTokens } from '../prompt/fit-history.ts';
import type { Message } from '../types/message.ts';
import { effectiveThink, requireCapability, requireCompletion, requireImageSupport } from './capabilities.ts';
import { constrain, formatGrammar } from './constrain.ts';
import { effectiveMessages } from './history.ts';
import { resolveOptions } from './options.ts';
import { answerFormat } from './parser.ts';
import { resolveModel } from './resolve.ts';
import type { InferenceDeps, Job, PreparedPrompt } from './run.ts';
import { baseWork, loadAnswer, renderAnswer, runJob, unloadAnswer, warnUnknown } from './run.ts';
import type { Answer, ChatRequest } from './types.ts';

/** Validates, then answers; see `Inference.chat`. */
export async function chat(deps: InferenceDeps, request: ChatRequest, signal: AbortSignal): Promise<Answer> {
  const startedAt = performance.now();
  const model = await resolveModel(deps, request.model);
  if (request.messages.length === 0 && request.keepAliveMs === 0) return unloadAnswer(deps, model);

  const think = effectiveThink(model, request.model, request.think);
  requireCompletion(model, request.model, 'chat');
  if (request.tools.length > 0) requireCapability(model, 'tools');
  const options = resolveOptions(model.parameters, request.options);
  warnUnknown(deps, model, options);
  const imageCount = countImages(request.messages);
  requireImageSupport(model, imageCount);

  const grammar = formatGrammar(request.format);

  const head = { request, model, options, grammar, startedAt, signal };
  if (request.messages.length === 0) return loadAnswer(deps, head);

  const template = deps.templateOf(model);
  const messages = effectiveMessages(model, request.messages);
  const { tools } = request;
  const job: Job = {
    ...head,
    prepare: async (runner, runSignal): Promise<PreparedPrompt> => {
      const render = (kept: readonly Message[]): string =>
        template.renderChat({ messages: kept, tools, think });
      const countTokens = async (text: string): Promise<number> =>
        (await runner.tokenize({ text, addSpecial: false, parseSpecial: true }, { signal: runSignal }))
          .length;
      const isFitted = request.truncate ?? true;
      const { text, truncation } = isFitted
        ? await fitHistory({ messages, render, countTokens, maxTokens: maxPromptTokens(runner.info.nCtx) })
        : { text: render(messages), truncation: undefined };
      const answer = answerFormat({ template, prompt: text, messages, think, tools });
      return {
        text,
        imageCount,
        truncation,
        work: {
          ...baseWork(head),
          grammar: constrain(grammar, answer),
          prompt: text,
          addSpecial: true,
        },
        parser: createAnswerParser(answer),
      };
    },
  };
  if (request.debugRenderOnly) return renderAnswer(deps, job);
  return { type: 'stream', events: runJob(deps, job) };
}

function countImages(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + (message.images?.length ?? 0), 0);
}
