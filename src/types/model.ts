/** A model as the rooms above the store see it: resolved from its manifest, metadata parsed once. */
import type { JsonValue } from './json.ts';
import type { ModelName } from './model-name.ts';

export type Capability =
  | 'completion'
  | 'tools'
  | 'insert'
  | 'vision'
  | 'audio'
  | 'embedding'
  | 'thinking'
  | 'image';

/** The config blob's descriptive fields. */
export interface ModelDetails {
  readonly parentModel: string;
  readonly format: string;
  readonly family: string;
  readonly families: readonly string[] | null;
  readonly parameterSize: string;
  readonly quantizationLevel: string;
  /** Trained context length in tokens; 0 = unknown. */
  readonly contextLength: number;
  readonly embeddingLength: number;
}

/** What the header of the model's GGUF says; numbers are range-checked. */
export interface GgufSummary {
  readonly architecture: string;
  /** Of the whole model, all parts together. */
  readonly sizeBytes: number;
  readonly nLayers: number;
  readonly nCtxTrain: number;
  /** The length of input that the model is meant for, where that is shorter: the context unless another is asked for. */
  readonly nCtxInput?: number | undefined;
  readonly nEmbd: number;
  readonly nHeads: number;
  readonly nHeadsKv: number;
  /** Length of one key and one value vector of a head. */
  readonly headDimK: number;
  readonly headDimV: number;
  readonly nVocab: number;
  readonly fileType: string;
  readonly chatTemplate: string | undefined;
  /** Further named templates of the file, e.g. `tool_use`. */
  readonly namedChatTemplates: Readonly<Record<string, string>>;
  readonly poolingType: number | undefined;
  /** False: each token sees the whole text, not only what is before it; default true. */
  readonly isCausal?: boolean | undefined;
  readonly bosToken: string;
  readonly eosToken: string;
  readonly addBosToken: boolean | undefined;
  /** Texts of the fill-in-the-middle tokens, when the vocabulary names them. */
  readonly fim: { readonly prefix: string; readonly suffix: string; readonly middle: string } | undefined;
}

/** Everything a request needs to know about a stored model. */
export interface ResolvedModel {
  readonly name: ModelName;
  /** Display-shortest form, e.g. `llama3.2:latest`. */
  readonly displayName: string;
  /** Complete form, `host/namespace/model:tag`. */
  readonly fullName: string;
  /** Bare hexadecimal sha256 of the manifest file. */
  readonly manifestDigest: string;
  readonly modifiedAt: Date;
  /** Path of the weights blob, the first one of a split model; key of the runner. */
  readonly modelPath: string;
  /** The other parts of a split model, in their order. */
  readonly furtherPaths: readonly string[];
  readonly adapterPaths: readonly string[];
  readonly projectorPaths: readonly string[];
  /** Go template layer, if the manifest has one. */
  readonly template: string | undefined;
  /**
   * The template that is in use for conversations: the Go template layer, or the GGUF's Jinja template where there is no layer or
   * the Jinja one can do more (rule: the store's; `OLLAMA_GO_TEMPLATE` decides when set). Source '' = Go's `{{ .Prompt }}`.
   */
  readonly chatTemplate: { readonly language: 'go' | 'jinja'; readonly source: string };
  readonly system: string | undefined;
  /** PARAMETER values as stored. */
  readonly parameters: Readonly<Record<string, JsonValue>>;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly licenses: readonly string[];
  readonly renderer: string | undefined;
  readonly parser: string | undefined;
  readonly requires: string | undefined;
  readonly details: ModelDetails;
  readonly gguf: GgufSummary;
  readonly capabilities: readonly Capability[];
  /** Sum of all layers and the config, in bytes. */
  readonly totalSizeBytes: number;
}
