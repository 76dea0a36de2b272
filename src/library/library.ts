/** The use cases on stored and loaded models, put together. */
import { parseDigest } from '../store/digest.ts';
import { createMutex } from '../util/mutex.ts';
import type { LibraryContext, LibraryDeps } from './context.ts';
import { createModel } from './create/create.ts';
import { listLoadedModels, listModels } from './list.ts';
import { copyModel, removeModel } from './manage.ts';
import { pullModel } from './pull.ts';
import { pushModel } from './push.ts';
import { showModel } from './show.ts';
import type { Library } from './types.ts';

export function createLibrary(deps: LibraryDeps): Library {
  const context: LibraryContext = { ...deps, mutex: createMutex() };
  const { store, scheduler } = deps;
  return {
    list: () => listModels(store.catalog),
    listLoaded: () => listLoadedModels(scheduler),
    show: (request) => showModel(store.catalog, request),
    create: (request, { signal }) => createModel(context, request, signal),
    pull: (request, { signal }) => pullModel(context, request, signal),
    push: (request, { signal }) => pushModel(context, request, signal),
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
