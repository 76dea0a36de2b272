/** `cria run MODEL PROMPT`: one answer, then the end. */
import type { CriaClient } from '../../api/client.ts';
import type { GenerateRequest } from '../../api/types.ts';
import type { CliContext } from '../context.ts';
import { withInterrupt } from '../interrupt.ts';
import { Progress } from '../terminal/progress.ts';
import { writeText } from '../terminal/write-text.ts';
import { AnswerDisplay } from './answer-display.ts';
import { takeAttachments } from './attachments.ts';
import { embedOnce } from './embed-once.ts';
import type { RunOptions } from './flags.ts';
import { effectiveThink, traitsOf } from './model-traits.ts';
import { fromGenerate, showAnswer } from './show-answer.ts';
import { summaryText, truncationNotice } from './summary.ts';

export interface OneShotOptions extends RunOptions {
  /** '' loads the model and asks nothing. */
  readonly prompt: string;
  /** Index in the prompt from which on it was typed; what is before was piped in. */
  readonly typedFrom: number;
}

export async function runOnce(
  client: CriaClient,
  options: OneShotOptions,
  context: CliContext,
): Promise<void> {
  const { stdout, stderr, style, errorStyle } = context;
  await withInterrupt(context, async (signal) => {
    const traits = traitsOf(await client.show({ model: options.model }, { signal }));
    const { prompt, images, notes } = await takeAttachments(options.prompt, {
      cwd: context.cwd,
      homeDir: context.config.homeDir,
      acceptsMedia: traits.acceptsMedia,
      typedFrom: options.typedFrom,
    });
    for (const note of notes) writeText(stderr, `${note}\n`);
    if (traits.embedsOnly) return embedOnce(client, { ...options, prompt }, context, signal);
    const request: GenerateRequest = { model: options.model, prompt };
    if (images.length > 0) request.images = [...images];
    const think = effectiveThink(options.think, traits);
    if (think !== undefined) request.think = think;
    if (options.format !== undefined) request.format = options.format;
    if (options.keepAlive !== undefined) request.keep_alive = options.keepAlive;

    const progress = new Progress(stderr);
    if (progress.isLive) progress.spinner('');
    const answer = await showAnswer(answerPieces(client, request, signal), {
      display: new AnswerDisplay({ output: stdout, style, ...options }),
      signal,
      onStart: () => progress.clear(),
    });
    signal.throwIfAborted();
    const notice = truncationNotice(answer.end);
    if (notice !== '') stderr.write(`${errorStyle.dim(notice)}\n`);
    if (options.isVerbose && answer.end !== undefined) stderr.write(summaryText(answer.end));
  });
}

async function* answerPieces(
  client: CriaClient,
  request: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<ReturnType<typeof fromGenerate>, void> {
  for await (const chunk of client.generate(request, { signal })) yield fromGenerate(chunk);
}
