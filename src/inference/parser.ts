/** Chooses how the text of an answer is taken apart. */
import type { AnswerFormat } from '../output/answer-parser.ts';
import type { ThinkingTags } from '../output/types.ts';
import { answerStart } from '../prompt/continuation.ts';
import type { PromptTemplate } from '../prompt/types.ts';
import type { Message, ThinkValue, Tool } from '../types/message.ts';

export interface AnswerInput {
  readonly template: PromptTemplate;
  /** The rendered prompt: it may already have opened the thought. */
  readonly prompt: string;
  /** What the prompt was rendered from: it may have begun the answer. */
  readonly messages: readonly Message[];
  readonly think: ThinkValue | undefined;
  readonly tools: readonly Tool[];
}

/** What one answer may be made of: thoughts first, then calls in what remains. */
export function answerFormat({ template, prompt, messages, think, tools }: AnswerInput): AnswerFormat {
  const tags = thinkingTags(template, think);
  return {
    thinkingTags: tags,
    start: answerStart(messages, prompt, tags),
    layout: template.answerLayout,
    toolCallFormat: template.toolCallFormat,
    tools,
  };
}

/** The texts around the thought that an answer may have; undefined = it has none. */
function thinkingTags(template: PromptTemplate, think: ThinkValue | undefined): ThinkingTags | undefined {
  return think === undefined || think === false ? undefined : template.thinkingTags;
}
