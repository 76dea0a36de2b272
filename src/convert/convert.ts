/** A folder of safetensors, as the transformers library saves models → the content of a GGUF file. */
import type { GgufContent } from '../gguf/writer.ts';
import { architectureReader } from './arch/index.ts';
import { conversionError } from './error.ts';
import type { FloatType } from './floats.ts';
import { ModelFolder } from './folder.ts';
import { attachScales, isScaled } from './fp8.ts';
import { samplingMetadata } from './generation-config.ts';
import { maxTokens } from './limits.ts';
import { embeddingOf, mapTensors } from './map-tensors.ts';
import { type Metadata, text, uint } from './metadata.ts';
import { type SourceTensor, Weights } from './safetensors/weights.ts';
import { tokenizerMetadata } from './tokenizer/index.ts';

export interface ConvertOptions {
  /** Of matrices; undefined = BF16 where the source has it, else F16. Vectors are always F32. */
  readonly type?: FloatType | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is to be written. The content reads from the folder's files until it is disposed of. */
export interface Conversion extends AsyncDisposable {
  readonly content: GgufContent;
  readonly type: FloatType;
  /** The source has 8 bits a weight, so the content takes twice the space. */
  readonly isFromFp8: boolean;
}

/** llama.h: `enum llama_ftype`. */
const fileTypes: Readonly<Record<FloatType, number>> = { F32: 0, F16: 1, BF16: 32 };

/** ggml.h: GGML_QNT_VERSION. */
const quantizationVersion = 2;

/**
 * `files`: relative name → path. Throws `conversion_failed` for files that make no sense together and for unknown
 * architectures, `not_implemented` for what is known but not done, `cancelled`.
 */
export async function convertFolder(
  files: ReadonlyMap<string, string>,
  options: ConvertOptions = {},
): Promise<Conversion> {
  const folder = new ModelFolder(files);
  const config = await folder.readJson('config.json');
  if (config === undefined) throw conversionError('config.json is missing');
  const readArchitecture = architectureReader(config);
  const { files: weightsFiles, index } = await folder.weights();
  const weights = await Weights.open(weightsFiles, { index, signal: options.signal });
  try {
    const tensors = attachScales(weights.tensors, config);
    const architecture = await readArchitecture({ config, folder, tensors });
    const embedding = embeddingOf(tensors, architecture);
    const nTokens = embedding.shape[0] ?? 0;
    if (nTokens === 0 || nTokens > maxTokens) throw conversionError('the embedding has no sound size');
    const type = options.type ?? typeOf(embedding);
    const metadata: Metadata = [
      ['general.architecture', text(architecture.name)],
      ['general.type', text('model')],
      ['general.file_type', uint(fileTypes[type])],
      ['general.quantization_version', uint(quantizationVersion)],
      ...samplingMetadata(await folder.readJson('generation_config.json')),
      ...architecture.metadata,
      ...(await tokenizerMetadata(folder, config, { nTokens, kind: architecture.tokenizer })),
    ];
    const content = {
      metadata,
      tensors: mapTensors(tensors, architecture, { type, signal: options.signal }),
    };
    const isFromFp8 = [...tensors.values()].some(isScaled);
    return { content, type, isFromFp8, [Symbol.asyncDispose]: () => weights[Symbol.asyncDispose]() };
  } catch (error) {
    await weights[Symbol.asyncDispose]();
    throw error;
  }
}

/** A half-precision type that loses nothing where there is one. */
function typeOf(tensor: SourceTensor): FloatType {
  return tensor.type === 'BF16' ? 'BF16' : 'F16';
}
