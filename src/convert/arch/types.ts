/** What a family of models tells about itself: metadata, and which tensor becomes which. */
import type { GgufWriteTensor } from '../../gguf/writer.ts';
import type { ConfigReader } from '../config.ts';
import type { ModelFolder } from '../folder.ts';
import type { Metadata } from '../metadata.ts';
import type { SourceTensor } from '../safetensors/weights.ts';
import type { Transform } from '../tensor-data.ts';

/** Which tokenizers the family has; `auto` = whichever files there are. */
export type TokenizerKind = 'auto' | 'wordpiece' | 'unigram';

export interface TensorRule {
  /** Name behind the prefix; `{l}` stands for the number of a layer, `{e}` for that of an expert. */
  readonly from: string;
  /** GGUF's name; `{l}` as in `from`. The tensors of all experts become one. */
  readonly to: string;
  readonly transform?: Transform;
  /** Not every model has it. */
  readonly isOptional?: true;
  /** Leaves out so many rows at the beginning. */
  readonly skipRows?: number;
  /** Takes this part of the first dimension's inner one: `part` of `parts` equal ones (fused projections of experts). */
  readonly part?: { readonly index: number; readonly of: number };
}

/** A family, with the configuration of the model at hand read. */
export interface Architecture {
  /** `general.architecture`, also the prefix of its keys. */
  readonly name: string;
  readonly metadata: Metadata;
  readonly nLayers: number;
  /** For rules with `{e}`. */
  readonly nExperts?: number;
  readonly rules: readonly TensorRule[];
  /** Prefixes that the names of the tensors may have; the first that fits the `probe` is taken. */
  readonly prefixes: readonly string[];
  /** A tensor that every model of the family has, with its vocabulary in the first dimension. */
  readonly probe: string;
  /** Names, without the prefix, that are known to be of no use here. */
  readonly ignored: RegExp;
  readonly tokenizer: TokenizerKind;
  /** Tensors that are computed from the configuration. */
  readonly extra?: readonly GgufWriteTensor[];
}

export interface ArchitectureInput {
  readonly config: ConfigReader;
  readonly folder: ModelFolder;
  readonly tensors: ReadonlyMap<string, SourceTensor>;
}

/** Throws `conversion_failed` for a configuration that makes no sense, `not_implemented` for what is not done. */
export type ReadArchitecture = (input: ArchitectureInput) => Architecture | Promise<Architecture>;
