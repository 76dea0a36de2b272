/** Chooses how the text of an answer is taken apart. */
import { createThinkingParser } from '../output/thinking.ts';
import type { OutputParser } from '../output/types.ts';
import type { PromptTemplate } from '../prompt/types.ts';
import type { ThinkValue, Tool } from '../types/message.ts';

export interface ParserInput {
  readonly template: PromptTemplate;
  /** The rendered prompt: it may already have opened the thought. */
  readonly prompt: string;
  readonly think: ThinkValue | undefined;
  readonly tools: readonly Tool[];
}

/** A parser for one answer. */
export function createParser({ template, prompt, think }: ParserInput): OutputParser {
  const tags = template.thinkingTags;
  if (tags === undefined || think === undefined || think === false) return passThrough;
  return createThinkingParser(tags, prompt.trimEnd().endsWith(tags.open));
}

const passThrough: OutputParser = {
  push: (text) => (text === '' ? [] : [{ type: 'content', text }]),
  end: () => [],
};
