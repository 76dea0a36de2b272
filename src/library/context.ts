/** What the use cases of this room are made of. */
import type { Converter } from '../convert/write-file.ts';
import type { Logger } from '../log.ts';
import type { Registry } from '../registry/types.ts';
import type { Scheduler } from '../scheduler/types.ts';
import type { Store } from '../store/store.ts';
import type { InspectGoTemplate } from '../store/template-choice.ts';

/** Quantizes a GGUF file; yields the name of each tensor when it is done. Throws `conversion_failed`, `cancelled`. */
export type Quantize = (
  job: {
    readonly source: string;
    /** Does not exist yet. After a failure there may be a part of it. */
    readonly target: string;
    /** llama.h: `enum llama_ftype`. */
    readonly fileType: number;
  },
  options: { signal: AbortSignal },
) => AsyncIterable<string>;

export interface LibraryContext {
  readonly store: Store;
  readonly registry: Pick<Registry, 'open'>;
  readonly scheduler: Pick<Scheduler, 'residents'>;
  readonly convert: Converter;
  readonly quantize: Quantize;
  /** Checks a Go template that a new model brings. */
  readonly inspectGoTemplate: InspectGoTemplate;
  /** OLLAMA_NOPRUNE: keep the blobs of a model that is created or pulled anew. */
  readonly noPrune: boolean;
  readonly log: Logger;
}
