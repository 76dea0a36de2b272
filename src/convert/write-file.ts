/** Converts folders into files. */
import { adapterBaseOf } from '../gguf/adapter.ts';
import { writeNewGguf } from '../gguf/new-file.ts';
import { readModelHeader } from '../gguf/split.ts';
import { convertAdapter } from './adapter/convert.ts';
import { type Conversion, convertFolder } from './convert.ts';
import type { FloatType } from './floats.ts';

export interface ConvertJob {
  /** Relative name → path. */
  readonly files: ReadonlyMap<string, string>;
  /** Does not exist yet, and not after a failure either. */
  readonly target: string;
  /** Type of the matrices; undefined = BF16 where the source has it, else F16. */
  readonly type: FloatType | undefined;
}

export interface ConvertAdapterJob extends Pick<ConvertJob, 'files' | 'target'> {
  /** GGUF of the model that the adapter changes, or its parts in their order. */
  readonly base: readonly string[];
}

/** What has been written. */
export type ConvertedModel = Pick<Conversion, 'type' | 'isFromFp8'>;

export interface Converter {
  /** Errors as in `convertFolder`, and the system's. */
  model(job: ConvertJob, options: { signal: AbortSignal }): Promise<ConvertedModel>;
  /** Errors as in `convertAdapter`, `invalid_gguf` for the base, and the system's. */
  adapter(job: ConvertAdapterJob, options: { signal: AbortSignal }): Promise<void>;
}

/** Converts in the thread that calls. */
export const converter: Converter = {
  model: async ({ files, target, type }, { signal }) => {
    await using conversion = await convertFolder(files, { type, signal });
    await writeNewGguf(target, conversion.content, { signal });
    return { type: conversion.type, isFromFp8: conversion.isFromFp8 };
  },
  adapter: async ({ files, target, base }, { signal }) => {
    const header = await readModelHeader(base, { signal });
    await using conversion = await convertAdapter(files, adapterBaseOf(header), { signal });
    await writeNewGguf(target, conversion.content, { signal });
  },
};
