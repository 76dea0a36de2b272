/** Wire form of the bodies about vectors and tokens: embed, embeddings, rerank, tokenize, detokenize. */
import { any, anyObject, array, boolean, type Infer, integer, object, string } from '../schema.ts';

/** Fields that all have. */
const common = {
  model: string,
  /** Seconds as a number, or a duration such as "5m"; negative = for ever. */
  keep_alive: any,
  options: anyObject,
};

export const embedRequestSchema = object('EmbedRequest', {
  ...common,
  /** A text or a list of texts. */
  input: any,
  /** Cut inputs that are too long; default true. */
  truncate: boolean,
  /** Keep so many numbers of each vector; default all. */
  dimensions: integer,
});

export const embeddingRequestSchema = object('EmbeddingRequest', { ...common, prompt: string });

export const rerankRequestSchema = object('RerankRequest', {
  ...common,
  query: string,
  /** Texts, or objects with a `text`. */
  documents: array(any),
  /** Which fields of objects count, in place of `text`. */
  rank_fields: array(string),
  /** Answer with so many of the best; default all. */
  top_n: integer,
  /** Answer with the documents as well. */
  return_documents: boolean,
});

export const tokenizeRequestSchema = object('TokenizeRequest', {
  ...common,
  text: string,
  /** Other names for `text`: llama-server's, and generate's. */
  content: string,
  prompt: string,
  /** Add the tokens that a prompt begins and ends with; default false. */
  add_special: boolean,
  /** Recognise special tokens in the text; default true. */
  parse_special: boolean,
  /** Answer with the text of each token as well. */
  with_pieces: boolean,
});

export const detokenizeRequestSchema = object('DetokenizeRequest', {
  ...common,
  tokens: array(integer),
  /** Render special tokens as their text; default true. */
  special: boolean,
});

export type EmbedRequestBody = Infer<typeof embedRequestSchema>;
export type EmbeddingRequestBody = Infer<typeof embeddingRequestSchema>;
export type RerankRequestBody = Infer<typeof rerankRequestSchema>;
export type TokenizeRequestBody = Infer<typeof tokenizeRequestSchema>;
export type DetokenizeRequestBody = Infer<typeof detokenizeRequestSchema>;
