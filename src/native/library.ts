/** The loaded shared libraries: the root of all native handles. */
import koffi from 'koffi';
import { CriaError, isCriaError } from '../errors.ts';
import { checkAbi } from './abi-check.ts';
import {
  bindGgml,
  bindGgmlBase,
  bindLlama,
  type GgmlBaseFunctions,
  type GgmlFunctions,
  type LlamaFunctions,
} from './functions.ts';
import { candidateFolders, findLibraryFiles } from './library-folders.ts';
// Registers the struct names that the prototypes use.
import './structs.ts';

/** A device that ggml can compute on. */
export interface Device {
  /** e.g. `CPU`, `CUDA0`, `Vulkan0`. */
  readonly name: string;
  readonly description: string;
  readonly kind: 'cpu' | 'gpu' | 'integratedGpu' | 'accelerator';
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** ggml-backend.h: `enum ggml_backend_dev_type`. */
const deviceKinds = ['cpu', 'gpu', 'integratedGpu', 'accelerator'] as const;

/**
 * The functions of one llama.cpp build. A process loads one build once and keeps it: unloading code that other threads
 * may still run gains nothing.
 */
export class Library {
  static #loaded: Library | undefined;
  readonly dir: string;
  readonly llama: LlamaFunctions;
  readonly ggml: GgmlFunctions;
  readonly ggmlBase: GgmlBaseFunctions;

  private constructor(dir: string, llama: LlamaFunctions, ggml: GgmlFunctions, ggmlBase: GgmlBaseFunctions) {
    this.dir = dir;
    this.llama = llama;
    this.ggml = ggml;
    this.ggmlBase = ggmlBase;
  }

  /**
   * Loads the libraries of `dir` (default: the folder that runs on every machine of this platform), checks that their
   * ABI is the known one and registers the compute backends that lie beside them. Throws `load_failed`.
   */
  static load(dir: string | undefined): Library {
    const folder = dir ?? candidateFolders().at(-1)?.dir;
    if (folder === undefined)
      throw new CriaError(
        'load_failed',
        `no llama.cpp library for ${process.platform}-${process.arch} is installed; set CRIA_LLAMA_LIB_DIR`,
      );
    const loaded = Library.#loaded;
    if (loaded?.dir === folder) return loaded;
    const files = findLibraryFiles(folder);
    if (loaded !== undefined)
      throw new CriaError('load_failed', `this process has loaded the libraries of ${loaded.dir} already`);
    try {
      const ggmlBase = bindGgmlBase(koffi.load(files.ggmlBase));
      const ggml = bindGgml(koffi.load(files.ggml));
      const llama = bindLlama(koffi.load(files.llama));
      checkAbi(llama);
      ggml.ggml_backend_load_all_from_path(folder);
      llama.llama_backend_init();
      Library.#loaded = new Library(folder, llama, ggml, ggmlBase);
      return Library.#loaded;
    } catch (error) {
      if (isCriaError(error)) throw error;
      throw new CriaError(
        'load_failed',
        `cannot load the llama.cpp libraries of ${folder}: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  }

  /** All devices, in llama.cpp's order. */
  devices(): Device[] {
    const devices: Device[] = [];
    const free = new BigUint64Array(1);
    const total = new BigUint64Array(1);
    for (let i = 0; i < this.ggml.ggml_backend_dev_count(); i++) {
      const device = this.ggml.ggml_backend_dev_get(i);
      this.ggmlBase.ggml_backend_dev_memory(device, free, total);
      devices.push({
        name: this.ggmlBase.ggml_backend_dev_name(device),
        description: this.ggmlBase.ggml_backend_dev_description(device),
        kind: deviceKinds[this.ggmlBase.ggml_backend_dev_type(device)] ?? 'accelerator',
        freeBytes: Number(free[0]),
        totalBytes: Number(total[0]),
      });
    }
    return devices;
  }
}
