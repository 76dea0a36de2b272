/** What a look at the user's disk finds. */
import type { CreateRequest } from '../../api/types.ts';
import type { ModelFile } from '../create/files.ts';

/** A model that can be imported. */
export interface FoundModel {
  /** A valid name for it. */
  readonly name: string;
  /** Where it lies, for the user to recognize. */
  readonly origin: string;
  /** Weights and projectors, by the names that the server is told. */
  readonly files: readonly ModelFile[];
  readonly adapters: readonly ModelFile[];
  /** What it has besides files. */
  readonly contents: Omit<CreateRequest, 'model' | 'files' | 'adapters'>;
}

/** Something that looks like a model and cannot be imported. */
export interface Skipped {
  readonly origin: string;
  readonly reason: string;
}

export interface Findings {
  readonly models: readonly FoundModel[];
  readonly skipped: readonly Skipped[];
}
