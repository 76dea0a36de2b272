/** Use cases on stored and loaded models, free of any wire dialect. */
import type { Readable } from 'node:stream';
import type { Digest } from '../types/digest.ts';
import type { JsonValue } from '../types/json.ts';
import type { Capability, ModelDetails } from '../types/model.ts';

export interface ListedModel {
  readonly name: string;
  readonly digest: string;
  readonly modifiedAt: Date;
  readonly sizeBytes: number;
  readonly details: ModelDetails;
  readonly capabilities: readonly Capability[];
}

export interface LoadedModel {
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly sizeVramBytes: number;
  readonly details: ModelDetails;
  readonly expiresAt: Date;
  readonly nCtx: number;
}

export interface ShowRequest {
  readonly model: string;
  readonly system: string;
  readonly verbose: boolean;
  readonly options: Readonly<Record<string, JsonValue>>;
}

/** Empty strings and lists are left out on the wire. */
export interface ShownModel {
  readonly license: string;
  readonly modelfile: string;
  readonly parameters: string;
  readonly template: string;
  readonly system: string;
  readonly renderer: string;
  readonly parser: string;
  readonly details: ModelDetails;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  /** Keys sorted; arrays null unless verbose; u64 beyond 2^53 as bigint. */
  readonly modelInfo: Readonly<Record<string, unknown>>;
  readonly projectorInfo: Readonly<Record<string, unknown>> | undefined;
  readonly tensors: readonly {
    readonly name: string;
    readonly type: string;
    readonly shape: readonly number[];
  }[];
  readonly capabilities: readonly Capability[];
  readonly modifiedAt: Date;
  readonly requires: string;
}

export interface CreateRequest {
  readonly model: string;
  readonly from?: string;
  /** Relative path → digest text, as sent. */
  readonly files?: Readonly<Record<string, string>>;
  readonly adapters?: Readonly<Record<string, string>>;
  readonly draftFiles?: Readonly<Record<string, string>>;
  readonly template?: string;
  readonly system?: string;
  readonly licenses: readonly string[];
  readonly parameters?: Readonly<Record<string, JsonValue>>;
  readonly messages?: readonly { readonly role: string; readonly content: string }[];
  readonly quantize?: string;
  readonly renderer?: string;
  readonly parser?: string;
  readonly requires?: string;
  /** Config overrides, `info` on the wire. */
  readonly info?: Readonly<Record<string, JsonValue>>;
}

/** One line of progress of create, pull or push. */
export interface Progress {
  readonly status: string;
  readonly digest?: string;
  readonly total?: number;
  readonly completed?: number;
}

/** What pull and push are asked for. */
export interface TransferRequest {
  readonly model: string;
  /** Plain http towards the registry. */
  readonly insecure: boolean;
}

/** Something that is wrong with the store. */
export interface Damage {
  readonly problem:
    | 'unreadable_manifest'
    | 'missing_blob'
    | 'wrong_size'
    | 'wrong_digest'
    | 'unreadable_blob';
  /** Of the blob; undefined for a manifest. */
  readonly digest?: Digest;
  /** What is wrong, without a subject. */
  readonly message: string;
  /** Display names of the models concerned; none for a blob that no model uses. */
  readonly models: readonly string[];
}

/** What a verification tells: progress and damage as they come, everything once more at the end. */
export type VerifyEvent =
  | { readonly type: 'progress'; readonly totalBytes: number; readonly completedBytes: number }
  | { readonly type: 'damage'; readonly damage: Damage }
  | {
      readonly type: 'done';
      readonly nModels: number;
      readonly nBlobs: number;
      readonly totalBytes: number;
      readonly damage: readonly Damage[];
      /** Damaged models that were created here rather than pulled. */
      readonly madeHere: readonly string[];
    };

export interface Library {
  /** A model that has not changed is the same object as before. */
  list(): Promise<readonly ListedModel[]>;
  listLoaded(): readonly LoadedModel[];
  show(request: ShowRequest): Promise<ShownModel>;
  /** Validates what can be validated before work starts (throws), then yields progress and ends after `success`. */
  create(request: CreateRequest, options: { signal: AbortSignal }): AsyncIterable<Progress>;
  /**
   * Validates the name (throws), then yields progress and ends after `success`. What has been fetched stays for the next
   * pull when it fails; the model is visible only when it is complete and every digest is right.
   */
  pull(request: TransferRequest, options: { signal: AbortSignal }): AsyncIterable<Progress>;
  /** Validates the name (throws), then yields progress and ends after `success`. */
  push(request: TransferRequest, options: { signal: AbortSignal }): AsyncIterable<Progress>;
  /**
   * Hashes the blobs of these models, or of none given all that is in the store. Nothing is deleted; a pull or an upload
   * replaces what was found damaged. Throws `invalid_model_name` and `model_not_found` before the first event.
   */
  verify(models: readonly string[], options: { signal: AbortSignal }): AsyncIterable<VerifyEvent>;
  copy(source: string, destination: string): Promise<void>;
  remove(model: string): Promise<void>;
  /** Digest text as in the URL. Throws `invalid_digest`. */
  hasBlob(digest: string): Promise<boolean>;
  /** Stores a body under its digest. `existed`: it was there already and the body was not read. Throws `digest_mismatch`. */
  putBlob(digest: string, body: Readable, options: { signal: AbortSignal }): Promise<{ existed: boolean }>;
}
