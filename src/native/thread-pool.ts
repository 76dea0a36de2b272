/** Threads that stay alive between graph evaluations: without them ggml creates and joins threads at every step. */
import koffi from 'koffi';
import { CriaError } from '../errors.ts';
import { Handle } from './handle.ts';
import type { Library } from './library.ts';
import type { Pointer, ThreadPoolParams } from './structs.ts';

/** The CPU backend is loaded at run time, so its functions are found by name through its registry entry. */
const newPrototype = koffi.proto('void *ggml_threadpool_new(ggml_threadpool_params *)');
const freePrototype = koffi.proto('void ggml_threadpool_free(void *)');

export class ThreadPool extends Handle {
  readonly nThreads: number;
  readonly #freePool: (pool: Pointer) => void;

  private constructor(pointer: Pointer, nThreads: number, freePool: (pool: Pointer) => void) {
    super(pointer);
    this.nThreads = nThreads;
    this.#freePool = freePool;
  }

  static create(library: Library, nThreads: number): ThreadPool {
    const reg = library.ggml.ggml_backend_reg_by_name('CPU');
    if (reg === null) throw new CriaError('load_failed', 'llama.cpp has no CPU backend for this machine');
    const lookUp = (name: string, prototype: ReturnType<typeof koffi.proto>) => {
      const address = library.ggmlBase.ggml_backend_reg_get_proc_address(reg, name);
      if (address === null) throw new CriaError('load_failed', `the CPU backend has no ${name}`);
      return koffi.decode(address, prototype);
    };
    const newPool: (params: ThreadPoolParams) => Pointer | null = lookUp('ggml_threadpool_new', newPrototype);
    const freePool: (pool: Pointer) => void = lookUp('ggml_threadpool_free', freePrototype);
    const pool = newPool(library.ggmlBase.ggml_threadpool_params_default(nThreads));
    if (pool === null) throw new CriaError('load_failed', `cannot start ${nThreads} threads`);
    return new ThreadPool(pool, nThreads, freePool);
  }

  protected override free(pointer: Pointer): void {
    this.#freePool(pointer);
  }
}
