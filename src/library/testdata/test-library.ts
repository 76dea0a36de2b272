/** A library over a store in a temporary directory. */
import { Readable } from 'node:stream';
import { converter } from '../../convert/write-file.ts';
import type { Registry } from '../../registry/types.ts';
import type { ResidentModel } from '../../scheduler/types.ts';
import { digestOf } from '../../store/digest.ts';
import type { StoreOptions } from '../../store/store.ts';
import { fakeInspect, type TestStore, temporaryStore } from '../../store/testdata/test-store.ts';
import { createLogger } from '../../log.ts';
import type { Quantize } from '../context.ts';
import { createLibrary } from '../library.ts';
import type { CreateRequest, Library } from '../types.ts';

const noRegistry: Pick<Registry, 'open'> = {
  open: () => {
    throw new Error('the test has no registry');
  },
};

const refuseToQuantize: Quantize = () => {
  throw new Error('the test has no quantizer');
};

export interface TestLibrary extends TestStore {
  readonly library: Library;
  readonly residents: ResidentModel[];
  /** Uploads bytes; returns their digest. */
  upload(bytes: Uint8Array): Promise<string>;
  /** Runs a create request; returns its statuses. */
  create(request: Partial<CreateRequest>): Promise<string[]>;
}

export async function temporaryLibrary(
  options: {
    noPrune?: boolean;
    store?: Partial<StoreOptions>;
    registry?: Pick<Registry, 'open'>;
    quantize?: Quantize;
  } = {},
): Promise<TestLibrary> {
  const test = await temporaryStore(options.store);
  const residents: ResidentModel[] = [];
  const library = createLibrary({
    store: test.store,
    registry: options.registry ?? noRegistry,
    scheduler: { residents: () => residents },
    convert: converter,
    quantize: options.quantize ?? refuseToQuantize,
    inspectGoTemplate: fakeInspect,
    noPrune: options.noPrune ?? false,
    log: createLogger('debug', (line) => test.logged.push(line)),
  });
  const signal = new AbortController().signal;
  return {
    ...test,
    library,
    residents,
    upload: async (bytes) => {
      const digest = digestOf(bytes);
      await library.putBlob(digest, Readable.from([bytes]), { signal });
      return digest;
    },
    create: async (request) => {
      const statuses: string[] = [];
      for await (const { status } of library.create({ model: 'new', licenses: [], ...request }, { signal }))
        statuses.push(status);
      return statuses;
    },
  };
}
