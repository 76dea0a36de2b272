/** Public wire types: what goes over HTTP, in its own snake_case. Durations are nanoseconds, times RFC 3339 texts. */
import type { JsonObject } from '../types/json.ts';
import type {
  DetokenizeRequestBody,
  EmbedRequestBody,
  RerankRequestBody,
  TokenizeRequestBody,
} from './schemas/embed.ts';
import type { ChatRequestBody, GenerateRequestBody } from './schemas/generate.ts';
import type { CreateRequestBody, ShowRequestBody } from './schemas/models.ts';

export type { WireMessage, WireTool } from './schemas/message.ts';

export type GenerateRequest = Omit<GenerateRequestBody, 'stream'> & { model: string };
export type ChatRequest = Omit<ChatRequestBody, 'stream'> & { model: string };
export type EmbedRequest = EmbedRequestBody & { model: string };
export type RerankRequest = RerankRequestBody & { model: string; query: string };
export type TokenizeRequest = Omit<TokenizeRequestBody, 'content' | 'prompt'> & { model: string };
export type DetokenizeRequest = DetokenizeRequestBody & { model: string };
export type ShowRequest = Omit<ShowRequestBody, 'name'> & { model: string };
export type CreateRequest = Omit<CreateRequestBody, 'stream' | 'name' | 'quantization'> & { model: string };

/** Body of pull and push. */
export interface TransferRequest {
  model: string;
  /** Plain http towards the registry. */
  insecure?: boolean;
}

/** Counts and times at the end of an answer; a value of 0 is left out. */
export interface WireMetrics {
  total_duration?: number;
  load_duration?: number;
  /** Tokens of the prompt, those found in the cache included. */
  prompt_eval_count?: number;
  prompt_eval_duration?: number;
  eval_count?: number;
  eval_duration?: number;
}

export interface WireTokenLogprob {
  token: string;
  logprob: number;
  bytes?: number[];
}

export interface WireLogprob extends WireTokenLogprob {
  top_logprobs?: WireTokenLogprob[];
}

export interface WireToolCall {
  id?: string;
  function: { index: number; name: string; arguments: JsonObject };
}

/** A turn in an answer: role and content are always there. */
export interface AnswerMessage {
  role: string;
  content: string;
  thinking?: string;
  tool_calls?: WireToolCall[];
}

/** What the chunks of generate and chat have in common. */
interface AnswerChunk extends WireMetrics {
  model: string;
  created_at: string;
  done: boolean;
  /** `stop`, `length`, `load` or `unload`; with `done: true` only. */
  done_reason?: string;
  logprobs?: WireLogprob[];
  /** Says that the prompt did not fit the context and was cut. */
  prompt_truncated?: { original_tokens: number; kept_tokens: number };
  _debug_info?: { rendered_template: string; image_count?: number };
}

/** One line of a generate stream, or the whole answer. */
export interface GenerateResponse extends AnswerChunk {
  response: string;
  thinking?: string;
  context?: number[];
  tool_calls?: WireToolCall[];
}

/** One line of a chat stream, or the whole answer. */
export interface ChatResponse extends AnswerChunk {
  message: AnswerMessage;
}

interface WireDurations {
  total_duration?: number;
  load_duration?: number;
}

export interface EmbedResponse extends WireDurations {
  model: string;
  /** One for each input. */
  embeddings: number[][];
  /** Tokens of all inputs together. */
  prompt_eval_count?: number;
}

export interface RerankResponse extends WireDurations {
  model: string;
  /** The best first. */
  results: { index: number; relevance_score: number; document?: JsonObject }[];
  prompt_eval_count?: number;
}

export interface TokenizeResponse extends WireDurations {
  model: string;
  tokens: number[];
  count: number;
  /** A piece that is no whole text is a list of bytes. */
  pieces?: { id: number; piece: string | number[] }[];
}

export interface DetokenizeResponse extends WireDurations {
  model: string;
  text: string;
}

/** One line of progress of create, pull and push. */
export interface ProgressResponse {
  status: string;
  digest?: string;
  /** Bytes. */
  total?: number;
  completed?: number;
}

export interface VerifyRequest {
  /** None = everything in the store. */
  models?: string[];
}

/** Something that is wrong with the store. */
export interface WireDamage {
  problem: 'unreadable_manifest' | 'missing_blob' | 'wrong_size' | 'wrong_digest' | 'unreadable_blob';
  /** Of the blob; left out for a manifest. */
  digest?: string;
  /** What is wrong, without a subject. */
  message: string;
  /** The models concerned; none for a blob that no model uses. */
  models: string[];
}

/** One line of a verification. */
export type VerifyResponse =
  | { status: 'verifying'; total: number; completed: number }
  | ({ status: 'damaged' } & WireDamage)
  | VerifyReport;

/** The last line. */
export interface VerifyReport {
  status: 'success';
  /** Number of models and of blobs that were looked at, and the bytes of the latter. */
  models: number;
  blobs: number;
  bytes: number;
  damage: WireDamage[];
  /** Damaged models that were created here rather than pulled. */
  created_here: string[];
}

export interface WireModelDetails {
  parent_model: string;
  format: string;
  family: string;
  families: string[] | null;
  parameter_size: string;
  quantization_level: string;
  context_length?: number;
  embedding_length?: number;
}

export interface ListedModel {
  name: string;
  model: string;
  modified_at: string;
  /** Bytes. */
  size: number;
  /** Bare hexadecimal. */
  digest: string;
  details: WireModelDetails;
  capabilities?: string[];
  /** Of a model that runs elsewhere. */
  remote_model?: string;
  remote_host?: string;
}

export interface ListResponse {
  models: ListedModel[];
}

export interface RunningModel {
  name: string;
  model: string;
  /** Bytes. */
  size: number;
  digest: string;
  details: WireModelDetails;
  expires_at: string;
  /** The part of `size` that lies on GPUs. */
  size_vram: number;
  context_length: number;
}

export interface PsResponse {
  models: RunningModel[];
}

export interface ShowResponse {
  license?: string;
  modelfile?: string;
  parameters?: string;
  template?: string;
  system?: string;
  renderer?: string;
  parser?: string;
  details: WireModelDetails;
  messages?: { role: string; content: string }[];
  /** GGUF metadata; arrays are null unless `verbose` was asked for. */
  model_info: JsonObject;
  projector_info?: JsonObject;
  tensors?: { name: string; type: string; shape: number[] }[];
  capabilities?: string[];
  modified_at: string;
  requires?: string;
  /** Of a model that runs elsewhere. */
  remote_model?: string;
  remote_host?: string;
}

export interface VersionResponse {
  /** The Ollama level that the server implements. */
  version: string;
}

export interface StatusResponse {
  cloud: { disabled: boolean; source: 'none' | 'env' | 'config' | 'both' };
}

export interface ErrorResponse {
  error: string;
}
