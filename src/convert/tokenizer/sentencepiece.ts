/** SentencePiece models of the byte-pair kind (tokenizer.model): Llama 2, Mistral, Gemma, Phi-3. */
import type { ConfigReader } from '../config.ts';
import { conversionError, unsupported } from '../error.ts';
import { maxTokens } from '../limits.ts';
import { flag, type Metadata } from '../metadata.ts';
import { type AddedToken, TokenTable } from './added-tokens.ts';
import { readProtobuf } from './protobuf.ts';
import { tokenType, type Vocabulary } from './types.ts';

// sentencepiece_model.proto: TrainerSpec.ModelType.BPE, and the numbers of the fields below.
const bytePairs = 2;

interface Piece {
  readonly text: string;
  readonly score: number;
  readonly type: number;
}

interface SentencePieceModel {
  readonly pieces: readonly Piece[];
  readonly modelType: number;
  readonly roles: Readonly<Record<'unk' | 'bos' | 'eos' | 'pad', number>>;
  readonly addsDummyPrefix: boolean;
}

/** `nTokens`: rows of the embedding; `added`: tokens that were added later. Throws `conversion_failed`, `not_implemented`. */
export function readSentencePiece(
  bytes: Uint8Array,
  options: {
    readonly nTokens: number;
    readonly added: readonly AddedToken[];
    readonly tokenizerConfig: ConfigReader | undefined;
  },
): Vocabulary {
  const model = parse(bytes);
  if (model.modelType !== bytePairs)
    throw unsupported('SentencePiece models that are not of the BPE kind are not implemented yet');
  const table = new TokenTable(options.nTokens);
  const scores = new Array<number>(options.nTokens).fill(-10_000);
  model.pieces.forEach(({ text, score, type }, id) => {
    table.set(id, text, type);
    scores[id] = score;
  });
  for (const id of table.setAdded(options.added)) scores[id] = -1000;
  const addsPrefix = options.tokenizerConfig?.flagOr('add_prefix_space', undefined) ?? model.addsDummyPrefix;
  return {
    model: 'llama',
    tokens: table.tokens,
    types: table.types,
    scores,
    ids: table.ids,
    metadata: spaceMetadata(addsPrefix),
    roles: Object.fromEntries(
      Object.entries(model.roles).filter(([, id]) => id >= 0 && id < model.pieces.length),
    ),
  };
}

export function spaceMetadata(addsPrefix: boolean): Metadata {
  return [['tokenizer.ggml.add_space_prefix', flag(addsPrefix)]];
}

function parse(bytes: Uint8Array): SentencePieceModel {
  const what = 'tokenizer.model';
  const pieces: Piece[] = [];
  let trainer: Uint8Array = new Uint8Array();
  let normalizer: Uint8Array = new Uint8Array();
  for (const { number, value } of readProtobuf(bytes, what)) {
    if (typeof value === 'number') continue;
    if (number === 1) pieces.push(parsePiece(value));
    if (number === 2) trainer = value;
    if (number === 3) normalizer = value;
    if (pieces.length > maxTokens) throw conversionError(`${what} has more than ${maxTokens} pieces`);
  }
  if (pieces.length === 0) throw conversionError(`${what} has no pieces`);
  const trainerFields = integersOf(trainer, what);
  return {
    pieces,
    modelType: trainerFields.get(3) ?? 1,
    roles: {
      unk: trainerFields.get(40) ?? 0,
      bos: trainerFields.get(41) ?? 1,
      eos: trainerFields.get(42) ?? 2,
      pad: trainerFields.get(43) ?? -1,
    },
    addsDummyPrefix: (integersOf(normalizer, what).get(3) ?? 1) !== 0,
  };
}

function parsePiece(bytes: Uint8Array): Piece {
  let text = '';
  let score = 0;
  let type: number = tokenType.normal;
  for (const { number, value } of readProtobuf(bytes, 'tokenizer.model')) {
    if (number === 1 && typeof value !== 'number') text = Buffer.from(value).toString('utf8');
    if (number === 2 && typeof value !== 'number' && value.byteLength === 4)
      score = Buffer.from(value).readFloatLE(0);
    if (number === 3 && typeof value === 'number') type = value;
  }
  if (type < tokenType.normal || type > tokenType.byte)
    throw conversionError('tokenizer.model has a piece of an unknown type');
  return { text, score, type };
}

/** The last value of each integer field; negative ones, as ids can be, take ten bytes on the wire and are -1 here. */
function integersOf(bytes: Uint8Array, what: string): ReadonlyMap<number, number> {
  const fields = new Map<number, number>();
  for (const { number, value } of readProtobuf(bytes, what))
    if (typeof value === 'number') fields.set(number, Number.isSafeInteger(value) ? value : -1);
  return fields;
}
