/** Chooses how the text of an answer is taken apart. */
import { composeParsers } from '../output/compose.ts';
import { createThinkingParser } from '../output/thinking.ts';
import { createToolCallParser } from '../output/tool-calls.ts';
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
  const format = template.toolCallFormat;
  const thinking =
    tags === undefined ? undefined : createThinkingParser(tags, prompt.trimEnd().endsWith(tags.open));
  const calls = format === undefined || tools.length === 0 ? undefined : createToolCallParser(format, tools);
  if (thinking !== undefined && calls !== undefined) return composeParsers(thinking, calls);
  return thinking ?? calls ?? passThrough;
}

const passThrough: OutputParser = {
  push: (text) => (text === '' ? [] : [{ type: 'content', text }]),
  end: () => [],
};
