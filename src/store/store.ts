/** The store put together: models on disk in Ollama's layout. */
import { mkdir } from 'node:fs/promises';
import type { Logger } from '../log.ts';
import type { OpenNewFile } from '../util/atomic-file.ts';
import type { FileHasher } from '../util/file-hash.ts';
import { type BlobStore, createBlobStore } from './blobs.ts';
import { type Catalog, createCatalog } from './catalog.ts';
import { createGarbageCollector, type GarbageCollector } from './gc.ts';
import { createHeaderCache } from './headers.ts';
import { createStoreLock, type StoreLock } from './lock.ts';
import { createManifestStore, type ManifestStore } from './manifests.ts';
import { createStorePaths, type StorePaths } from './paths.ts';
import { createPublisher, type Publish } from './publish.ts';
import { createResolver, type Resolver } from './resolve.ts';
import type { InspectGoTemplate } from './template-choice.ts';
import { createTicketBox } from './tickets.ts';

export interface Store {
  readonly paths: StorePaths;
  readonly blobs: BlobStore;
  readonly manifests: ManifestStore;
  readonly catalog: Catalog;
  readonly resolver: Resolver;
  readonly garbage: GarbageCollector;
  /** Between all processes that share the folder. */
  readonly lock: StoreLock;
  readonly publish: Publish;
}

export interface StoreOptions {
  /** OLLAMA_MODELS. */
  readonly root: string;
  /** OLLAMA_GO_TEMPLATE; undefined = by what the templates can do. */
  readonly preferGoTemplate?: boolean | undefined;
  readonly inspectGoTemplate: InspectGoTemplate;
  readonly log: Logger;
  /** What hashes blobs. Default: the calling thread. */
  readonly hasher?: FileHasher;
  /** Replaces the creation of blob files, for tests of full disks. */
  readonly openFile?: OpenNewFile;
}

/** Touches nothing on disk. */
export function createStore(options: StoreOptions): Store {
  const { log, inspectGoTemplate, preferGoTemplate } = options;
  const paths = createStorePaths(options.root);
  const tickets = createTicketBox(paths);
  const lock = createStoreLock(tickets);
  const blobs = createBlobStore(paths, { hasher: options.hasher, openFile: options.openFile, tickets });
  const manifests = createManifestStore(paths, log);
  const headers = createHeaderCache();
  const catalog = createCatalog({ blobs, manifests, headers, inspectGoTemplate, preferGoTemplate, log });
  return {
    paths,
    blobs,
    manifests,
    catalog,
    resolver: createResolver(catalog),
    garbage: createGarbageCollector({ paths, blobs, manifests, tickets, lock, log }),
    lock,
    publish: createPublisher({ blobs, manifests }),
  };
}

/** To be called once before the store is used: creates its directories, adopts old blob names, prunes unless told not to. */
export async function openStore(store: Store, options: { noPrune: boolean }): Promise<void> {
  await mkdir(store.paths.blobs, { recursive: true });
  await mkdir(store.paths.manifests, { recursive: true });
  await store.garbage.renameLegacyBlobs();
  if (!options.noPrune) await store.garbage.pruneAtStart();
}
