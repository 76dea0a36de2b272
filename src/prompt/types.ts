/** What a conversation is rendered with. */
import type { AnswerLayout, ThinkingTags } from '../output/types.ts';
import type { Message, ThinkValue, Tool } from '../types/message.ts';
import type { ToolCallFormat } from '../types/tool-call-format.ts';

/** A conversation to render; `think` undefined = the client said nothing. */
export interface Conversation {
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly think: ThinkValue | undefined;
}

/** Fill-in-the-middle input. */
export interface Infill {
  readonly prompt: string;
  readonly suffix: string;
  readonly think: ThinkValue | undefined;
}

/** The template in use for a model, of whichever language. Rendering throws `template_error`. */
export interface PromptTemplate {
  readonly thinkingTags: ThinkingTags | undefined;
  /** What the model writes around answers; undefined = nothing. */
  readonly answerLayout?: AnswerLayout | undefined;
  /** How the model writes tool calls; undefined = its template shows none. */
  readonly toolCallFormat: ToolCallFormat | undefined;
  renderChat(conversation: Conversation): string;
  /** undefined = the model has no way to fill in the middle. */
  readonly renderInfill: ((infill: Infill) => string) | undefined;
}
