/** The use cases on stored and loaded models, put together. */
import type { Logger } from '../log.ts';
import type { Scheduler } from '../scheduler/types.ts';
import { parseDigest } from '../store/digest.ts';
import type { Store } from '../store/store.ts';
import type { InspectGoTemplate } from '../store/template-choice.ts';
import { createMutex, type Mutex } from '../util/mutex.ts';
import { createModel } from './create/create.ts';
import { listLoadedModels, listModels } from './list.ts';
import { copyModel, removeModel } from './manage.ts';
import { showModel } from './show.ts';
import type { Library } from './types.ts';

export interface LibraryDeps {
  readonly store: Store;
  readonly scheduler: Pick<Scheduler, 'residents'>;
  /** Checks a Go template that a new model brings. */
  readonly inspectGoTemplate: InspectGoTemplate;
  /** OLLAMA_NOPRUNE: keep the blobs of a model that is created anew. */
  readonly noPrune: boolean;
  readonly log: Logger;
}

/** What the use cases share. */
export interface LibraryContext extends LibraryDeps {
  /** Held while a manifest changes and blobs are checked for being unreferenced. */
  readonly mutex: Mutex;
}

export function createLibrary(deps: LibraryDeps): Library {
  const context: LibraryContext = { ...deps, mutex: createMutex() };
  const { store, scheduler } = deps;
  return {
    list: () => listModels(store.catalog),
    listLoaded: () => listLoadedModels(scheduler),
    show: (request) => showModel(store.catalog, request),
    create: (request, { signal }) => createModel(context, request, signal),
    copy: (source, destination) => copyModel(context, source, destination),
    remove: (model) => removeModel(context, model),
    hasBlob: async (digest) => (await store.blobs.stat(parseDigest(digest))) !== undefined,
    putBlob: async (text, body, { signal }) => {
      const digest = parseDigest(text);
      if ((await store.blobs.stat(digest)) !== undefined) {
        await store.blobs.touch(digest);
        return { existed: true };
      }
      await store.blobs.put(body, { expected: digest, signal });
      return { existed: false };
    },
  };
}
