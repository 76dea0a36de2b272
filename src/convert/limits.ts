/** Upper bounds that hold before anything is allocated for a file of a model folder; all far above what real ones have. */

/** The header of a safetensors file; some 120 bytes a tensor. The format's own limit is 100 MB. */
export const maxHeaderBytes = 64 * 1024 * 1024;

/** Tensors of a model; the largest mixtures of experts have about 100,000. */
export const maxTensors = 262_144;

export const maxDimensions = 8;

/** config.json, generation_config.json, tokenizer_config.json and the like; the latter can list 10,000 added tokens. */
export const maxConfigBytes = 16 * 1024 * 1024;

/** model.safetensors.index.json. */
export const maxIndexBytes = 64 * 1024 * 1024;

/** tokenizer.json with vocabulary and merges; 33 MB for 262,144 tokens. */
export const maxTokenizerBytes = 128 * 1024 * 1024;

/** tokenizer.model and chat_template.jinja. */
export const maxSentencePieceBytes = 64 * 1024 * 1024;
export const maxTemplateBytes = 1024 * 1024;

/** Tokens of a vocabulary. */
export const maxTokens = 2 * 1024 * 1024;

/** llama-hparams.h: LLAMA_MAX_LAYERS, LLAMA_MAX_EXPERTS. */
export const maxLayers = 512;
export const maxExperts = 1024;

/** Widths of layers, in elements. */
export const maxWidth = 1 << 24;
export const maxContext = 1 << 30;

/** One matrix of an adapter, which is held in memory; those of embeddings with a large rank have some 200 MB. */
export const maxAdapterMatrixBytes = 1 << 30;
