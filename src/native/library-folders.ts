/** Where the shared libraries of llama.cpp lie: the candidate folders in order of preference, and the files in one folder. */
import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CriaError } from '../errors.ts';

/** What a library folder computes on. */
export type LibraryVariant = 'cuda' | 'vulkan' | 'metal' | 'cpu';

export interface LibraryFolder {
  readonly dir: string;
  readonly variant: LibraryVariant;
}

/** The three libraries, in the order in which they must be loaded. */
export interface LibraryFiles {
  readonly ggmlBase: string;
  readonly ggml: string;
  readonly llama: string;
}

/** Package names of node-llama-cpp by platform, best first; the last one of each runs on every machine of its kind. */
const packages: Readonly<Record<string, readonly (readonly [name: string, variant: LibraryVariant])[]>> = {
  'linux-x64': [
    ['linux-x64-cuda', 'cuda'],
    ['linux-x64-vulkan', 'vulkan'],
    ['linux-x64', 'cpu'],
  ],
  'linux-arm64': [['linux-arm64', 'cpu']],
  'linux-arm': [['linux-armv7l', 'cpu']],
  'linux-riscv64': [['linux-riscv64', 'cpu']],
  'darwin-arm64': [['mac-arm64-metal', 'metal']],
  'darwin-x64': [['mac-x64', 'cpu']],
  'win32-x64': [
    ['win-x64-cuda', 'cuda'],
    ['win-x64-vulkan', 'vulkan'],
    ['win-x64', 'cpu'],
  ],
  'win32-arm64': [['win-arm64', 'cpu']],
};

/**
 * The folders that may serve this platform, best first; only those that are installed. A GPU folder should be used only
 * after a throw-away process has loaded it and found a device (`engine/probe.ts`).
 */
export function candidateFolders(
  platform: string = process.platform,
  arch: string = process.arch,
  resolve: (packageName: string) => string | undefined = resolvePackage,
): LibraryFolder[] {
  const folders: LibraryFolder[] = [];
  for (const [name, variant] of packages[`${platform}-${arch}`] ?? []) {
    const root = resolve(`@node-llama-cpp/${name}`);
    if (root !== undefined) folders.push({ dir: path.join(root, 'bins', name), variant });
  }
  return folders;
}

/** Finds the libraries in a folder by pattern: the names carry the variant and the version (`libllama.cuda.v0.5.0.so`). */
export function findLibraryFiles(dir: string): LibraryFiles {
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch (error) {
    throw new CriaError('load_failed', `cannot read the library folder ${dir}`, { cause: error });
  }
  const find = (stem: string): string => {
    const pattern = new RegExp(`^(?:lib)?${stem}(?:\\.[\\w.-]+)?\\.(?:so|dylib|dll)(?:\\.\\d+)*$`);
    const name = names.filter((candidate) => pattern.test(candidate)).sort()[0];
    if (name === undefined) throw new CriaError('load_failed', `no ${stem} library in ${dir}`);
    return path.join(dir, name);
  };
  return { ggmlBase: find('ggml-base'), ggml: find('ggml'), llama: find('llama') };
}

/** Root folder of an installed package. */
function resolvePackage(name: string): string | undefined {
  const here = createRequire(import.meta.url);
  // The packages export no package.json, so their place is found the way Node searches for them.
  for (const modules of here.resolve.paths(name) ?? []) {
    const root = path.join(modules, name);
    if (statSync(path.join(root, 'package.json'), { throwIfNoEntry: false })?.isFile()) return root;
  }
  return undefined;
}
