/** The numbers of this room in one place. */

export interface RegistrySettings {
  /**
   * A blob is fetched in 64 parts, which are not smaller and not larger than this. Those of Ollama are larger, but its
   * state files tell the size. Since parts come side by side and a hash goes from the beginning to the end, all of what is
   * fetched at a time may be left to hash when the last byte has come: small parts keep that short.
   */
  readonly minPartBytes: number;
  readonly maxPartBytes: number;
  /** A blob is sent in 16 chunks, which are not smaller and not larger than this: Ollama's sizes, which its registry expects. */
  readonly minChunkBytes: number;
  readonly maxChunkBytes: number;
  /** Parts of one blob that are fetched at the same time. */
  readonly parallelParts: number;
  /** A connection that brings nothing for so long is given up, also while it is being made. */
  readonly stallMs: number;
  /** Attempts in a row that bring nothing before a transfer fails. */
  readonly maxAttempts: number;
  /** The first wait between two attempts; it doubles with each. */
  readonly backoffMs: number;
  /** The state of a part is written after so much time or so many bytes, so that a killed process loses little. */
  readonly checkpointMs: number;
  readonly checkpointBytes: number;
}

export const defaultSettings: RegistrySettings = {
  minPartBytes: 16_000_000,
  maxPartBytes: 64_000_000,
  minChunkBytes: 100_000_000,
  maxChunkBytes: 1_000_000_000,
  parallelParts: 16,
  stallMs: 30_000,
  maxAttempts: 6,
  backoffMs: 1_000,
  checkpointMs: 1_000,
  checkpointBytes: 32 * 1024 * 1024,
};

/** Bounds of what a registry may send besides blobs, whose sizes their manifests tell. */
export const limits = {
  manifestBytes: 4 * 1024 * 1024,
  tokenBytes: 64 * 1024,
  errorBytes: 16 * 1024,
  /** A hub lists up to 1,000 files a page, in some 500 bytes each. */
  treePageBytes: 4 * 1024 * 1024,
  treePages: 32,
  /** Templates and prompts. */
  hubTextBytes: 1024 * 1024,
  redirects: 10,
} as const;
