/** Bodies about vectors and tokens → requests of the inference room. */
import type {
  DetokenizeRequestBody,
  EmbeddingRequestBody,
  EmbedRequestBody,
  RerankRequestBody,
  TokenizeRequestBody,
} from '../../api/schemas/embed.ts';
import { CriaError } from '../../errors.ts';
import type {
  DetokenizeRequest,
  EmbedRequest,
  LegacyEmbedRequest,
  RerankRequest,
  TokenizeRequest,
} from '../../inference/types.ts';
import type { JsonValue } from '../../types/json.ts';
import { isObject } from '../decode.ts';
import { parseKeepAlive } from '../keep-alive.ts';

type CommonBody = Pick<EmbedRequestBody, 'model' | 'keep_alive' | 'options'>;
type Common = Pick<EmbedRequest, 'model' | 'options' | 'keepAliveMs'>;

/** Throws `bad_request`, and `model_not_found` when the name is empty: it is the name that Ollama looks at first. */
export function toEmbedRequest(body: EmbedRequestBody): EmbedRequest {
  const common = toCommon(body);
  const inputs = toInputs(body.input);
  if (isBlank(common.model)) throw new CriaError('model_not_found', "model '' not found");
  return { ...common, inputs, truncate: body.truncate ?? true, dimensions: body.dimensions ?? 0 };
}

/** Throws `bad_request`. */
export function toLegacyEmbedRequest(body: EmbeddingRequestBody): LegacyEmbedRequest {
  return { ...requireModel(toCommon(body)), prompt: body.prompt ?? '' };
}

/** Throws `bad_request`. */
export function toRerankRequest(body: RerankRequestBody): RerankRequest {
  const common = requireModel(toCommon(body));
  if (!body.query) throw new CriaError('bad_request', 'query is required');
  const documents = (body.documents ?? []).map((document) => textOfDocument(document, body.rank_fields));
  if (documents.length === 0) throw new CriaError('bad_request', 'documents are required');
  const topN = body.top_n;
  if (topN !== undefined && topN < 1) throw new CriaError('bad_request', 'top_n must be at least 1');
  return { ...common, query: body.query, documents, ...(topN === undefined ? {} : { topN }) };
}

/** Throws `bad_request`. */
export function toTokenizeRequest(body: TokenizeRequestBody): TokenizeRequest {
  return {
    ...requireModel(toCommon(body)),
    text: body.text ?? body.content ?? body.prompt ?? '',
    addSpecial: body.add_special ?? false,
    parseSpecial: body.parse_special ?? true,
    withPieces: body.with_pieces ?? false,
  };
}

/** Throws `bad_request`. */
export function toDetokenizeRequest(body: DetokenizeRequestBody): DetokenizeRequest {
  return { ...requireModel(toCommon(body)), tokens: body.tokens ?? [], special: body.special ?? true };
}

function toCommon(body: CommonBody): Common {
  const keepAliveMs = parseKeepAlive(body.keep_alive);
  return {
    model: body.model ?? '',
    options: body.options ?? {},
    ...(keepAliveMs === undefined ? {} : { keepAliveMs }),
  };
}

function requireModel(common: Common): Common {
  if (isBlank(common.model)) throw new CriaError('bad_request', 'model is required');
  return common;
}

/** Nothing, an empty text and an empty list are all no input. An empty text in a list is one. */
function toInputs(value: JsonValue | undefined): readonly string[] {
  if (value === undefined || value === null || value === '') return [];
  const items = Array.isArray(value) ? value : [value];
  if (items.every((item) => typeof item === 'string')) return items;
  throw new CriaError('bad_request', 'invalid input type');
}

/** Of an object, the texts in the fields asked for, in their order, a line each (Cohere's `rank_fields`). */
function textOfDocument(document: JsonValue, fields: readonly string[] = ['text']): string {
  if (typeof document === 'string') return document;
  if (isObject(document)) {
    const texts = fields.map((field) => document[field]).filter((text) => typeof text === 'string');
    if (texts.length > 0) return texts.join('\n');
  }
  const where = fields.length === 1 && fields[0] === 'text' ? 'a text' : `one of ${fields.join(', ')}`;
  throw new CriaError('bad_request', `documents must be texts, or objects with ${where}`);
}

function isBlank(model: string): boolean {
  return model.trim() === '';
}
