/** One random model for all tests of a file, in a temporary folder; tests skip loudly where no llama.cpp library is installed. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Library } from '../../native/library.ts';
import { candidateFolders } from '../../native/library-folders.ts';
import { Model } from '../../native/model.ts';
import { silence } from '../../native/testdata/silence.ts';
import type { LoadSpec } from '../../protocol/messages.ts';
import { type RandomModelOptions, writeRandomModel } from './random-model.ts';

/** Why tests with a model cannot run here; undefined = they can. */
export const noLibrary =
  candidateFolders().length > 0
    ? undefined
    : `no llama.cpp library is installed for ${process.platform}-${process.arch}`;

if (noLibrary !== undefined) process.stderr.write(`SKIPPED: tests with a model: ${noLibrary}\n`);

export interface TestModelFile extends Disposable {
  readonly path: string;
}

export async function makeModelFile(options: RandomModelOptions = {}): Promise<TestModelFile> {
  if (noLibrary === undefined) silence(Library.load(undefined));
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cria-engine-'));
  const file = path.join(folder, 'random.gguf');
  await writeRandomModel(file, options);
  return { path: file, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Loads the file without an engine around it. */
export function loadModel(file: TestModelFile): Promise<Model> {
  return Model.load(Library.load(undefined), file.path, { nGpuLayers: 0, mainGpu: undefined, useMmap: true });
}

export function makeSpec(file: TestModelFile, changes: Partial<LoadSpec> = {}): LoadSpec {
  return {
    modelPath: file.path,
    adapterPaths: [],
    nCtx: 256,
    nSlots: 4,
    nBatch: 256,
    nUbatch: 64,
    nThreads: 1,
    nGpuLayers: 0,
    mainGpu: undefined,
    useMmap: true,
    flashAttention: -1,
    kvCacheType: 'f16',
    libraryDir: undefined,
    embedding: false,
    ...changes,
  };
}
