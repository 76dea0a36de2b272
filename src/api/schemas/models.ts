/** Wire form of the bodies of the model management endpoints. */
import { any, anyObject, array, boolean, type Infer, map, object, string } from '../schema.ts';
import { messageSchema } from './message.ts';

export const showRequestSchema = object('ShowRequest', {
  model: string,
  /** Old name of `model`. */
  name: string,
  system: string,
  verbose: boolean,
  options: anyObject,
});

export const copyRequestSchema = object('CopyRequest', { source: string, destination: string });

export const deleteRequestSchema = object('DeleteRequest', {
  model: string,
  /** Old name of `model`. */
  name: string,
});

export const createRequestSchema = object('CreateRequest', {
  model: string,
  /** Old name of `model`. */
  name: string,
  /** Default true. */
  stream: boolean,
  from: string,
  /** Relative path → digest of an uploaded blob; likewise `adapters` and `draft_files`. */
  files: map(string),
  adapters: map(string),
  draft_files: map(string),
  template: string,
  system: string,
  /** One text or a list of them. */
  license: any,
  parameters: anyObject,
  messages: array(messageSchema),
  quantize: string,
  /** Old name of `quantize`. */
  quantization: string,
  draft_quantize: string,
  renderer: string,
  parser: string,
  requires: string,
  remote_host: string,
  /** Overrides of the config blob. */
  info: anyObject,
});

/** Body of pull and push. */
export const transferRequestSchema = object('TransferRequest', {
  model: string,
  /** Old name of `model`. */
  name: string,
  /** Plain http towards the registry. */
  insecure: boolean,
  /** Default true. */
  stream: boolean,
});

export const verifyRequestSchema = object('VerifyRequest', {
  /** A single one; likewise `models`. Without either, everything in the store. */
  model: string,
  models: array(string),
  /** Default true. */
  stream: boolean,
});

export type ShowRequestBody = Infer<typeof showRequestSchema>;
export type CopyRequestBody = Infer<typeof copyRequestSchema>;
export type DeleteRequestBody = Infer<typeof deleteRequestSchema>;
export type CreateRequestBody = Infer<typeof createRequestSchema>;
export type TransferRequestBody = Infer<typeof transferRequestSchema>;
