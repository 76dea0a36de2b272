/** The use cases on stored and loaded models, put together. */
import { parseDigest } from '../store/digest.ts';
import type { LibraryContext } from './context.ts';
import { createModel } from './create/create.ts';
import { listLoadedModels, listModels } from './list.ts';
import { copyModel, removeModel } from './manage.ts';
import { pullModel } from './pull.ts';
import { pushModel } from './push.ts';
import { showModel } from './show.ts';
import type { Library } from './types.ts';
import { verifyModels } from './verify.ts';

export function createLibrary(context: LibraryContext): Library {
  const { store, scheduler } = context;
  return {
    list: () => listModels(store.catalog),
    listLoaded: () => listLoadedModels(scheduler),
    show: (request) => showModel(store.catalog, request),
    create: (request, { signal }) => createModel(context, request, signal),
    pull: (request, { signal }) => pullModel(context, request, signal),
    push: (request, { signal }) => pushModel(context, request, signal),
    verify: (models, { signal }) => verifyModels(context, models, signal),
    copy: (source, destination) => copyModel(context, source, destination),
    remove: (model) => removeModel(context, model),
    hasBlob: async (text) => {
      const digest = parseDigest(text);
      if (!(await store.blobs.isWhole(digest))) return false;
      await store.blobs.touch(digest); // who asks is about to use it
      return true;
    },
    putBlob: async (text, body, { signal }) => {
      const digest = parseDigest(text);
      if (await store.blobs.isWhole(digest)) {
        await store.blobs.touch(digest);
        return { existed: true };
      }
      await store.blobs.put(body, { expected: digest, signal });
      return { existed: false };
    },
  };
}
