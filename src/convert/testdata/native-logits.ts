/** Computes a GGUF's logits or embeddings with llama.cpp, in 32 bits throughout. */
import { Batch } from '../../native/batch.ts';
import { Context } from '../../native/context.ts';
import { EmbeddingContext } from '../../native/embedding-context.ts';
import { Library } from '../../native/library.ts';
import { Model } from '../../native/model.ts';
import { ThreadPool } from '../../native/thread-pool.ts';

let library: Library | undefined;

export interface NativeModel extends Disposable {
  tokenize(text: string): readonly number[];
  piece(token: number): string;
  /** Logits after each of the tokens. */
  logits(tokens: readonly number[]): readonly Float32Array[];
  /** The pooled embedding, not normalised. */
  embedding(tokens: readonly number[]): Float32Array;
}

/** `adapterPaths`: GGUF adapters that change the model. */
export async function loadNative(
  path: string,
  adapterPaths: readonly string[] = [],
): Promise<NativeModel> {
  library ??= Library.load(undefined);
  const model = await Model.load(library, path, { nGpuLayers: 0, mainGpu: undefined, useMmap: false });
  const owned = library;
  const adapters = adapterPaths.map((adapter) => model.loadAdapter(adapter));
  return {
    tokenize: (text) => [...model.vocab.tokenize(text, { addSpecial: true, parseSpecial: true })],
    piece: (token) => Buffer.from(model.vocab.piece(token)).toString('utf8'),
    logits: (tokens) => {
      using threadPool = ThreadPool.create(owned, 1);
      using context = Context.create(model, {
        nCells: 64,
        nSeqMax: 1,
        nBatch: 32,
        nUbatch: 32,
        flashAttention: 0,
        kvCacheType: 'f32',
        threadPool,
        adapters,
      });
      using batch = new Batch(1);
      return tokens.map((token, position) => {
        batch.clear();
        const index = batch.add(token, position, 0, true);
        const code = context.decode(batch);
        if (code !== 0) throw new Error(`llama_decode: ${code}`);
        return context.logits(index).slice();
      });
    },
    embedding: (tokens) => {
      using threadPool = ThreadPool.create(owned, 1);
      using context = EmbeddingContext.create(model, {
        nBatch: 64,
        nCells: 64,
        nSeqMax: 1,
        pooling: undefined,
        flashAttention: 0,
        kvCacheType: 'f32',
        threadPool,
        adapters,
      });
      using batch = new Batch(tokens.length);
      tokens.forEach((token, position) => void batch.add(token, position, 0, true));
      const code = context.compute(batch);
      if (code !== 0) throw new Error(`llama_encode: ${code}`);
      return context.output(0);
    },
    [Symbol.dispose]: () => {
      model[Symbol.dispose]();
    },
  };
}
