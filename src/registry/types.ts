/** What the registry room offers to the library: models of other machines, whole or blob by blob. */
import type { Layer } from '../store/manifest.ts';
import type { Digest } from '../types/digest.ts';
import type { ModelName } from '../types/model-name.ts';

/** Where a model is fetched from or sent to. */
export interface RemoteModel {
  readonly name: ModelName;
  /** Plain http instead of https. */
  readonly isInsecure: boolean;
}

/** One transfer of a blob, as its caller watches it. */
export interface Transfer {
  /** Bytes done so far, those of earlier attempts included. May go back when a connection breaks off. */
  completedBytes(): number;
  /** Resolves when the blob is where it should be. */
  readonly done: Promise<void>;
}

export interface TransferOptions {
  readonly signal: AbortSignal;
}

/** A model of a hub, such as Hugging Face, for which there is no manifest. */
export interface HubModel {
  /** What the manifest would list: the parts of the weights in their order, then a projector. */
  readonly layers: readonly Layer[];
  /** What the repository brings besides; parameters are JSON. */
  readonly texts: readonly { readonly kind: 'template' | 'system' | 'params'; readonly text: string }[];
}

/** One use of a registry: a pull or a push. Tokens are kept for as long as it lasts. */
export interface RegistrySession {
  /**
   * The manifest, byte for byte. Not more than 4 MiB. Undefined when the registry is a hub that makes none because the
   * model lies in several files: then it is found by `findHubModel`.
   */
  fetchManifest(options: TransferOptions): Promise<Buffer | undefined>;
  /** Looks for the model among the files of its repository; its layers can then be fetched like any other. */
  findHubModel(options: TransferOptions): Promise<HubModel>;
  /**
   * Fetches a blob into the store, joining a download of the same blob that runs already. It is visible only when its
   * digest is right. What has arrived stays on disk when the download fails or is cancelled, and is not fetched again.
   */
  fetchBlob(layer: Layer, options: TransferOptions): Transfer;
  /** True when the registry has the blob. */
  hasBlob(digest: Digest, options: TransferOptions): Promise<boolean>;
  /** Sends a blob of the store; `mountFrom`: repository of the same registry that may have it already. */
  sendBlob(layer: Layer, options: TransferOptions & { readonly mountFrom?: string | undefined }): Transfer;
  sendManifest(bytes: Uint8Array, options: TransferOptions): Promise<void>;
}

/**
 * Errors are `upstream` (the registry or the network failed, or sent what it should not), `forbidden` (an address that is
 * not to be connected to), `digest_mismatch`, `disk_full`, `cancelled`.
 */
export interface Registry {
  open(model: RemoteModel): RegistrySession;
  /** Closes idle connections; sessions that still run fail. */
  close(): Promise<void>;
}
