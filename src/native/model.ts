/** Loaded weights. */
import koffi from 'koffi';
import { CriaError } from '../errors.ts';
import { Handle } from './handle.ts';
import type { Library } from './library.ts';
import type { ModelParams, Pointer } from './structs.ts';
import { Vocab } from './vocab.ts';

export interface ModelOptions {
  /** The other parts of a split model, in their order; they may have any names. Default none. */
  readonly furtherPaths?: readonly string[] | undefined;
  /** -1 = all. */
  readonly nGpuLayers: number;
  /** The one GPU to use; undefined = split over all. */
  readonly mainGpu: number | undefined;
  readonly useMmap: boolean;
  /** Load the vocabulary alone: good for tokenizing and nothing else. Default false. */
  readonly vocabOnly?: boolean;
  /** Called with 0 to 1 on the main thread while another thread loads. */
  readonly onProgress?: (fraction: number) => void;
}

// llama.h: enum llama_split_mode, enum llama_load_mode
const splitModeNone = 0;
const loadModeNone = 0;
const loadModeMmap = 1;

const progressCallback = koffi.pointer(koffi.proto('bool llama_progress_callback(float, void *)'));

export class Model extends Handle {
  readonly library: Library;
  readonly vocab: Vocab;

  private constructor(library: Library, pointer: Pointer) {
    super(pointer);
    this.library = library;
    this.vocab = new Vocab(library.llama, library.llama.llama_model_get_vocab(pointer));
  }

  /** Loads a GGUF on a thread of its own, so that the caller's event loop runs meanwhile. Throws `load_failed`. */
  static async load(library: Library, path: string, options: ModelOptions): Promise<Model> {
    const { onProgress, furtherPaths = [] } = options;
    const callback =
      onProgress === undefined
        ? null
        : koffi.register((fraction: number) => {
            onProgress(fraction);
            return true; // go on loading
          }, progressCallback);
    try {
      const params: ModelParams = {
        ...library.llama.llama_model_default_params(),
        n_gpu_layers: options.nGpuLayers,
        load_mode: options.useMmap ? loadModeMmap : loadModeNone,
        ...(options.mainGpu === undefined ? {} : { split_mode: splitModeNone, main_gpu: options.mainGpu }),
        vocab_only: options.vocabOnly ?? false,
        progress_callback: callback,
      };
      // For one file the same as llama_model_load_from_file; unlike that, it does not find parts by their names.
      const pointer = await callAsync<Pointer | null>(
        library.llama.llama_model_load_from_splits,
        [path, ...furtherPaths],
        1 + furtherPaths.length,
        params,
      );
      if (pointer === null) throw new CriaError('load_failed', 'llama.cpp could not load the model');
      return new Model(library, pointer);
    } finally {
      if (callback !== null) koffi.unregister(callback);
    }
  }

  get nCtxTrain(): number {
    return this.library.llama.llama_model_n_ctx_train(this.pointer);
  }
  get nEmbd(): number {
    return this.library.llama.llama_model_n_embd(this.pointer);
  }
  get nLayers(): number {
    return this.library.llama.llama_model_n_layer(this.pointer);
  }
  get nHeads(): number {
    return this.library.llama.llama_model_n_head(this.pointer);
  }
  get nHeadsKv(): number {
    return this.library.llama.llama_model_n_head_kv(this.pointer);
  }
  /** Bytes of all tensors. */
  get sizeBytes(): number {
    return Number(this.library.llama.llama_model_size(this.pointer));
  }
  get hasEncoder(): boolean {
    return this.library.llama.llama_model_has_encoder(this.pointer);
  }
  get hasDecoder(): boolean {
    return this.library.llama.llama_model_has_decoder(this.pointer);
  }
  get isDiffusion(): boolean {
    return this.library.llama.llama_model_is_diffusion(this.pointer);
  }
  /** True when some layers keep one state a sequence instead of one entry a token: nothing can be cut from its end. */
  get hasRecurrentState(): boolean {
    const { llama } = this.library;
    return llama.llama_model_is_recurrent(this.pointer) || llama.llama_model_is_hybrid(this.pointer);
  }

  /** A metadata value as text; undefined when the key is missing. */
  metadata(key: string): string | undefined {
    const buffer = new Uint8Array(256);
    const length = this.library.llama.llama_model_meta_val_str(this.pointer, key, buffer, buffer.length);
    return length < 0 ? undefined : Buffer.from(buffer.buffer, 0, Math.min(length, 255)).toString('utf8');
  }

  /** Loads a LoRA adapter; it belongs to the model and goes with it. */
  loadAdapter(path: string): Pointer {
    const adapter = this.library.llama.llama_adapter_lora_init(this.pointer, path);
    if (adapter === null) throw new CriaError('load_failed', 'llama.cpp could not load the adapter');
    return adapter;
  }

  protected override free(pointer: Pointer): void {
    this.library.llama.llama_model_free(pointer);
  }
}

/** Runs a koffi function on a worker thread. */
function callAsync<T>(f: unknown, ...args: unknown[]): Promise<T> {
  // Every function that koffi makes has `async`; our typed interfaces leave it out.
  const { async: start } = f as { async: (...args: unknown[]) => void };
  return new Promise((resolve, reject) => {
    start(...args, (error: unknown, result: T) => (error ? reject(error) : resolve(result)));
  });
}
