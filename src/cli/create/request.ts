/** A Modelfile and the user's disk → the request to the server and the files to upload before it. */
import { existsSync } from 'node:fs';
import type { CreateRequest } from '../../api/types.ts';
import type { ModelfileContents } from '../../modelfile/index.ts';
import { findAdapterFiles, findModelFiles, type ModelFile } from './files.ts';
import { expandPath, isPathOnly } from './paths.ts';

/** Files stand here by their place in the request; their digests are not known yet. */
export interface CreatePlan {
  /** Everything but the files. */
  readonly request: CreateRequest;
  readonly files: readonly ModelFile[];
  readonly adapters: readonly ModelFile[];
  readonly drafts: readonly ModelFile[];
}

export interface PlanOptions {
  readonly model: string;
  readonly quantize?: string | undefined;
  /** Relative paths of the Modelfile start here. */
  readonly baseDir: string;
  readonly homeDir: string;
}

/** Looks at the disk; throws when a path that must exist does not. */
export async function planCreate(contents: ModelfileContents, options: PlanOptions): Promise<CreatePlan> {
  const locate = (text: string): string => expandPath(text, options.baseDir, options.homeDir);
  let from: string | undefined;
  const paths: string[] = [];
  for (const text of contents.from) {
    const file = locate(text);
    if (text !== '' && (existsSync(file) || isPathOnly(text))) paths.push(file);
    else from = text;
  }
  const draftPaths = contents.drafts.map(locate);
  const shared = draftPaths.find((file) => paths.includes(file));
  if (shared !== undefined) {
    throw new Error(`DRAFT must not reference the same local path as FROM: ${shared}`);
  }
  const { template, system, renderer, parser, requires, licenses, parameters, messages } = contents;
  return {
    request: dropUndefined({
      model: options.model,
      from,
      template,
      system,
      renderer,
      parser,
      requires,
      license: licenses.length > 0 ? [...licenses] : undefined,
      parameters: Object.keys(parameters).length > 0 ? parameters : undefined,
      messages: messages.length > 0 ? [...messages] : undefined,
      quantize: options.quantize,
    }),
    files: await findAll(paths),
    adapters: contents.adapter === undefined ? [] : await findAdapterFiles(locate(contents.adapter)),
    drafts: await findAll(draftPaths),
  };
}

async function findAll(paths: readonly string[]): Promise<ModelFile[]> {
  const found = new Map<string, ModelFile>();
  for (const file of (await Promise.all(paths.map(findModelFiles))).flat()) {
    const other = found.get(file.name);
    if (other !== undefined && other.path !== file.path) {
      throw new Error(`two files have the same name: ${other.path} and ${file.path}`);
    }
    found.set(file.name, file);
  }
  return [...found.values()];
}

function dropUndefined<T extends object>(value: T): T {
  // Dropping keys that hold undefined leaves a value of the same type: they are optional.
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
