/** Chooses the reader for a folder's tokenizer and puts its metadata together. */
import type { TokenizerKind } from '../arch/types.ts';
import type { ConfigReader } from '../config.ts';
import { conversionError, quoted, unsupported } from '../error.ts';
import type { ModelFolder } from '../folder.ts';
import { maxSentencePieceBytes, maxTokenizerBytes } from '../limits.ts';
import { floats, ints, type Metadata, text, texts } from '../metadata.ts';
import { addedTokensOf, addedTokensOfConfig } from './added-tokens.ts';
import { readByteLevelBpe } from './bpe.ts';
import { chatTemplateMetadata } from './chat-template.ts';
import { isByteLevel } from './pre-tokenizer.ts';
import { readSentencePiece } from './sentencepiece.ts';
import { readSpacedBpe } from './spaced-bpe.ts';
import { specialTokenMetadata } from './special-tokens.ts';
import type { Vocabulary } from './types.ts';
import { readUnigram } from './unigram.ts';
import { readWordPiece } from './wordpiece.ts';

/** `nTokens`: rows of the embedding. Throws `conversion_failed`, `not_implemented`. */
export async function tokenizerMetadata(
  folder: ModelFolder,
  config: ConfigReader,
  { nTokens, kind }: { readonly nTokens: number; readonly kind: TokenizerKind },
): Promise<Metadata> {
  const tokenizerConfig = await folder.readJson('tokenizer_config.json');
  const tokenizer = await folder.readJson('tokenizer.json', maxTokenizerBytes);
  const vocabulary = await readVocabulary(folder, { tokenizer, tokenizerConfig, nTokens, kind });
  const special = specialTokenMetadata(vocabulary, {
    tokenizerConfig,
    specialTokensMap: await folder.readJson('special_tokens_map.json'),
    config,
    generationConfig: await folder.readJson('generation_config.json'),
    postProcessor: tokenizer?.raw('post_processor') ?? null,
  });
  return [
    ['tokenizer.ggml.model', text(vocabulary.model)],
    ['tokenizer.ggml.tokens', texts(vocabulary.tokens)],
    ['tokenizer.ggml.token_type', ints(vocabulary.types)],
    ...(vocabulary.scores === undefined
      ? []
      : ([['tokenizer.ggml.scores', floats(vocabulary.scores)]] as const)),
    ...vocabulary.metadata,
    ...special,
    ...(await chatTemplateMetadata(folder, tokenizerConfig)),
  ];
}

interface VocabularySources {
  readonly tokenizer: ConfigReader | undefined;
  readonly tokenizerConfig: ConfigReader | undefined;
  readonly nTokens: number;
  readonly kind: TokenizerKind;
}

/** tokenizer.model is preferred where both are there: GGUF's scores are its own. */
async function readVocabulary(folder: ModelFolder, sources: VocabularySources): Promise<Vocabulary> {
  const { tokenizer, tokenizerConfig, nTokens } = sources;
  const model = tokenizer?.objectOr('model', undefined);
  if (sources.kind === 'wordpiece') {
    if (tokenizer === undefined || model === undefined) throw conversionError('tokenizer.json is missing');
    requireType(model, 'WordPiece');
    return readWordPiece(tokenizer, model, nTokens);
  }
  if (sources.kind === 'unigram') {
    if (tokenizer === undefined || model === undefined) throw conversionError('tokenizer.json is missing');
    requireType(model, 'Unigram');
    return readUnigram(tokenizer, model, nTokens);
  }
  if (tokenizer !== undefined && model !== undefined && isByteLevel(tokenizer)) {
    requireType(model, 'BPE');
    return readByteLevelBpe(tokenizer, model, nTokens);
  }
  const sentencePiece = await folder.readBytes('tokenizer.model', maxSentencePieceBytes);
  if (sentencePiece !== undefined) {
    const added = addedTokensOfConfig(tokenizerConfig, await folder.readJson('added_tokens.json'));
    const ofFast = tokenizer === undefined ? [] : addedTokensOf(tokenizer);
    return readSentencePiece(sentencePiece, {
      nTokens,
      added: added.length > 0 ? added : ofFast,
      tokenizerConfig,
    });
  }
  if (tokenizer === undefined || model === undefined)
    throw conversionError('there is no tokenizer: neither tokenizer.json nor tokenizer.model');
  requireType(model, 'BPE');
  return readSpacedBpe(tokenizer, model, nTokens);
}

function requireType(model: ConfigReader, type: string): void {
  // Files of older versions do not name the type of a BPE model.
  const actual = model.textOr('type', 'BPE');
  if (actual !== type)
    throw unsupported(`tokenizers of the type ${quoted(actual)} are not implemented here yet`);
}
