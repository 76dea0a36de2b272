/** What the use cases of this room are made of. */
import type { Logger } from '../log.ts';
import type { Registry } from '../registry/types.ts';
import type { Scheduler } from '../scheduler/types.ts';
import type { Store } from '../store/store.ts';
import type { InspectGoTemplate } from '../store/template-choice.ts';
import type { Mutex } from '../util/mutex.ts';

export interface LibraryDeps {
  readonly store: Store;
  readonly registry: Pick<Registry, 'open'>;
  readonly scheduler: Pick<Scheduler, 'residents'>;
  /** Checks a Go template that a new model brings. */
  readonly inspectGoTemplate: InspectGoTemplate;
  /** OLLAMA_NOPRUNE: keep the blobs of a model that is created or pulled anew. */
  readonly noPrune: boolean;
  readonly log: Logger;
}

/** What the use cases share. */
export interface LibraryContext extends LibraryDeps {
  /** Held while a manifest changes and blobs are checked for being unreferenced. */
  readonly mutex: Mutex;
}
