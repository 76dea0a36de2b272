/** Chooses how the text of an answer is taken apart. */
import { createAnswerParser } from '../output/answer-parser.ts';
import type { OutputParser, ThinkingTags } from '../output/types.ts';
import type { PromptTemplate } from '../prompt/types.ts';
import type { ThinkValue, Tool } from '../types/message.ts';

export interface ParserInput {
  readonly template: PromptTemplate;
  /** The rendered prompt: it may already have opened the thought. */
  readonly prompt: string;
  readonly think: ThinkValue | undefined;
  readonly tools: readonly Tool[];
}

/** The texts around the thought that this answer may have; undefined = it has none. */
export function thinkingTags(
  template: PromptTemplate,
  think: ThinkValue | undefined,
): ThinkingTags | undefined {
  return think === undefined || think === false ? undefined : template.thinkingTags;
}

/** A parser for one answer: thoughts first, then calls in what remains. */
export function createParser({ template, prompt, think, tools }: ParserInput): OutputParser {
  const tags = thinkingTags(template, think);
  return createAnswerParser({
    thinkingTags: tags,
    isThinkingOpen: tags !== undefined && prompt.trimEnd().endsWith(tags.open),
    layout: template.answerLayout,
    toolCallFormat: template.toolCallFormat,
    tools,
  });
}
