/** The layers of a model that are texts and settings rather than weights. */
import { CriaError } from '../errors.ts';
import type { JsonObject } from '../types/json.ts';
import type { BlobStore } from './blobs.ts';
import { asObject, decodeJson } from './json.ts';
import { isKind, type Layer, type Manifest } from './manifest.ts';

export interface StoredMessage {
  readonly role: string;
  readonly content: string;
}

export interface ModelContents {
  /** Go template. */
  readonly template: string | undefined;
  readonly system: string | undefined;
  readonly parameters: JsonObject;
  readonly messages: readonly StoredMessage[];
  readonly licenses: readonly string[];
}

/** All texts of one model together; real ones have some 100 KB. */
const maxContentBytes = 16 * 1024 * 1024;

/** Throws `corrupt_store` or `blob_not_found`. Where a kind of layer repeats, the last one counts; licences add up. */
export async function readContents(
  manifest: Manifest,
  blobs: BlobStore,
  what: string,
): Promise<ModelContents> {
  let budget = maxContentBytes;
  const readText = async (layer: Layer): Promise<string> => {
    const bytes = await blobs.read(layer.digest, budget);
    budget -= bytes.byteLength;
    return bytes.toString('utf8');
  };
  const readLast = async (...kinds: Parameters<typeof isKind>[1][]): Promise<string | undefined> => {
    const layer = manifest.layers.findLast((candidate) => isKind(candidate, ...kinds));
    return layer === undefined ? undefined : readText(layer);
  };
  const licenses: string[] = [];
  for (const layer of manifest.layers) if (isKind(layer, 'license')) licenses.push(await readText(layer));
  const [template, system, params, messages] = [
    await readLast('template', 'prompt'),
    await readLast('system'),
    await readLast('params'),
    await readLast('messages'),
  ];
  return {
    template,
    system,
    licenses,
    parameters: params === undefined ? {} : parseParameters(params, `the parameters of ${what}`),
    messages: messages === undefined ? [] : parseMessages(messages, `the messages of ${what}`),
  };
}

function parseParameters(text: string, what: string): JsonObject {
  const value = decodeJson(Buffer.from(text), what);
  return value === null ? {} : asObject(value, what);
}

function parseMessages(text: string, what: string): readonly StoredMessage[] {
  const value = decodeJson(Buffer.from(text), what) ?? [];
  if (!Array.isArray(value)) throw new CriaError('corrupt_store', `${what} are not a list`);
  return value.map((item) => {
    const { role, content } = asObject(item, what);
    if (typeof role !== 'string') throw new CriaError('corrupt_store', `${what} have one without a role`);
    return { role, content: typeof content === 'string' ? content : '' };
  });
}
