/** Upper bounds that hold before anything is allocated for a GGUF header; all far above what real models have. */

/** Metadata keys; real files have fewer than 100. */
export const maxMetadataKeys = 65_536;

/** Tensors; the largest mixtures of experts, unmerged, have about 60,000. */
export const maxTensors = 262_144;

/** Files of one model, which are all open at once; the largest have some dozens. */
export const maxParts = 512;

/** GGUF specification: at most 2^16 - 1 bytes. */
export const maxKeyBytes = 65_535;

/** ggml.h: GGML_MAX_NAME is 64, its end marker included. */
export const maxTensorNameBytes = 63;

/** ggml.h: GGML_MAX_DIMS. */
export const maxDimensions = 4;

/** One string value; the longest in real files are chat templates and licences of some 100 KB. */
export const maxStringBytes = 16 * 1024 * 1024;

/** All keys, names and scalar strings together, since they are kept in memory. */
export const maxTotalStringBytes = 64 * 1024 * 1024;

/** Elements of one array; real vocabularies and merge lists stay below 600,000. */
export const maxArrayLength = 4 * 1024 * 1024;

/** Bytes of one array in the file. */
export const maxArrayBytes = 256 * 1024 * 1024;

/** llama-hparams.h: LLAMA_MAX_LAYERS. */
export const maxLayers = 512;
