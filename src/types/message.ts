/** Conversation nouns shared by http, inference, prompt and output. */
import type { JsonObject, JsonValue } from './json.ts';

/** One call of a tool that a model asked for. */
export interface ToolCall {
  /** Absent when the client or the model's history gave none. */
  readonly id?: string;
  /** 0-based position among the calls of one answer. */
  readonly index?: number;
  readonly name: string;
  /** Key order is kept. */
  readonly arguments: JsonObject;
}

/** One turn. `role` is lower-cased but otherwise as the client sent it (Ollama does not validate it). */
export interface Message {
  readonly role: string;
  readonly content: string;
  readonly thinking?: string;
  /** Decoded bytes of images or audio. */
  readonly images?: readonly Uint8Array[];
  readonly toolCalls?: readonly ToolCall[];
  readonly toolName?: string;
  readonly toolCallId?: string;
}

/** A tool definition after normalisation: unknown JSON Schema keywords dropped as Ollama does, property order kept. */
export interface Tool {
  readonly type: string;
  readonly items?: JsonValue;
  readonly function: ToolFunction;
}

export interface ToolFunction {
  readonly name: string;
  readonly description?: string;
  readonly parameters: JsonObject;
}

/** The `think` field: off, on, or a level. */
export type ThinkValue = boolean | 'low' | 'medium' | 'high' | 'max';
