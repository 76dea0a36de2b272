/** Carries a plan out: gives the server the files that it needs, then has it make the model. */
import type { CriaClient } from '../../api/client.ts';
import type { CreateRequest } from '../../api/types.ts';
import type { CliContext } from '../context.ts';
import { followProgress } from '../follow-progress.ts';
import { Progress } from '../terminal/progress.ts';
import type { ModelFile } from './files.ts';
import { provideFiles } from './provide.ts';
import type { CreatePlan } from './request.ts';

export interface SendOptions {
  readonly client: CriaClient;
  readonly wantsLinks: boolean;
  readonly signal: AbortSignal;
}

export async function sendModel(
  { request: planned, files, adapters, drafts }: CreatePlan,
  { client, wantsLinks, signal }: SendOptions,
  { config, stderr }: Pick<CliContext, 'config' | 'stderr'>,
): Promise<void> {
  const progress = new Progress(stderr);
  try {
    const options = { client, config, wantsLinks, progress, signal };
    const digests = await provideFiles([...files, ...adapters, ...drafts], options);
    const request: CreateRequest = { ...planned };
    if (files.length > 0) request.files = digestsByName(files, digests);
    if (adapters.length > 0) request.adapters = digestsByName(adapters, digests);
    if (drafts.length > 0) request.draft_files = digestsByName(drafts, digests);
    await followProgress(client.create(request, { signal }), progress);
  } finally {
    progress.stop();
  }
}

function digestsByName(
  files: readonly ModelFile[],
  digests: ReadonlyMap<string, string>,
): Record<string, string> {
  return Object.fromEntries(files.map((file) => [file.name, digests.get(file.path) ?? '']));
}
