/** What the headers of GGUF blobs say, read and validated once for each digest. */
import { getBoolean, getString } from '../gguf/metadata.ts';
import { countParameters, parameterCountText } from '../gguf/parameter-count.ts';
import { readGgufHeader } from '../gguf/reader.ts';
import { readModelHeader, splitCountOf } from '../gguf/split.ts';
import { encodersOf, summarizeGguf } from '../gguf/summary.ts';
import type { GgufHeader } from '../gguf/types.ts';
import type { Digest } from '../types/digest.ts';
import type { GgufSummary } from '../types/model.ts';
import { LruMap } from '../util/lru.ts';

export interface WeightsFacts {
  readonly summary: GgufSummary;
  /** e.g. `8.0B`. */
  readonly parameterSize: string;
  readonly hasVisionEncoder: boolean;
  readonly hasAudioEncoder: boolean;
}

export interface ProjectorFacts {
  readonly hasAudio: boolean;
}

/** A blob and where it is. */
export interface BlobFile {
  readonly digest: Digest;
  readonly path: string;
}

export interface HeaderCache {
  /** Facts of a model's weights: one file, or all parts in their order. Throws `invalid_gguf` or the system's error. */
  weights(files: readonly BlobFile[]): Promise<WeightsFacts>;
  /** Number of files of the model that the file belongs to. Errors as above. */
  splitCount(digest: Digest, path: string): Promise<number>;
  projector(digest: Digest, path: string): Promise<ProjectorFacts>;
  /** Says nothing but that the file is sound. */
  adapter(digest: Digest, path: string): Promise<void>;
}

/** Chat templates and all, an entry takes some 10 KB. */
const capacity = 2048;

export function createHeaderCache(): HeaderCache {
  const one = <T>(describe: (header: GgufHeader) => Promise<T>) => {
    const find = cached(async ([path = '']) => describe(await readGgufHeader(path)));
    return (digest: Digest, path: string): Promise<T> => find([{ digest, path }]);
  };
  return {
    weights: cached(async (paths) => describeWeights(await readModelHeader(paths))),
    splitCount: one(async (header) => splitCountOf(header)),
    projector: one(describeProjector),
    adapter: one(async () => {}),
  };
}

/** Callers that come while headers are being read share the result; failures are not kept. */
function cached<T>(
  describe: (paths: readonly string[]) => Promise<T>,
): (files: readonly BlobFile[]) => Promise<T> {
  const entries = new LruMap<string, Promise<T>>(capacity);
  return (files) => {
    const key = files.map(({ digest }) => digest).join();
    const known = entries.get(key);
    if (known !== undefined) return known;
    const reading = describe(files.map(({ path }) => path));
    entries.set(key, reading);
    reading.catch(() => entries.delete(key));
    return reading;
  };
}

/** Also the last check of an uploaded file: what passes here may be handed to the engine. */
export async function describeWeights(header: GgufHeader): Promise<WeightsFacts> {
  const encoders = encodersOf(header);
  return {
    summary: await summarizeGguf(header),
    parameterSize: parameterCountText(countParameters(header)),
    hasVisionEncoder: encoders.vision,
    hasAudioEncoder: encoders.audio,
  };
}

async function describeProjector(header: GgufHeader): Promise<ProjectorFacts> {
  const audioKeys = [...header.metadata.keys()].filter((key) => /(^|\.)has_audio_encoder$/.test(key));
  const hasAudio = audioKeys.some((key) => getBoolean(header, key) === true);
  const type = getString(header, 'clip.vision.projector_type') ?? getString(header, 'vision.projector_type');
  // Gemma 3n's projector brings audio weights that are not wired up (Ollama: server/images.go).
  return { hasAudio: hasAudio && type !== 'gemma3nv' };
}
