/** Wire form of the bodies of POST /api/generate and POST /api/chat. */
import { any, anyObject, array, boolean, type Infer, integer, object, string } from '../schema.ts';
import { messageSchema, toolSchema } from './message.ts';

/** Fields that both have. */
const common = {
  model: string,
  /** Default true. */
  stream: boolean,
  /** "json", a JSON Schema, or "" for none. */
  format: any,
  /** Seconds as a number, or a duration such as "5m"; negative = for ever. */
  keep_alive: any,
  options: anyObject,
  /** true, false, "low", "medium", "high" or "max". */
  think: any,
  truncate: boolean,
  shift: boolean,
  logprobs: boolean,
  top_logprobs: integer,
  _debug_render_only: boolean,
};

export const generateRequestSchema = object('GenerateRequest', {
  ...common,
  prompt: string,
  suffix: string,
  system: string,
  template: string,
  context: array(integer),
  raw: boolean,
  /** Standard base64. */
  images: array(string),
});

export const chatRequestSchema = object('ChatRequest', {
  ...common,
  messages: array(messageSchema),
  tools: array(toolSchema),
});

export type GenerateRequestBody = Infer<typeof generateRequestSchema>;
export type ChatRequestBody = Infer<typeof chatRequestSchema>;
