/** Models of a hub that come as files: what makes a model of them that a manifest would have told. */
import { CriaError } from '../errors.ts';
import type { GgufHeader } from '../gguf/types.ts';
import type { HubModel } from '../registry/types.ts';
import { configOfWeights, encodeConfig } from '../store/config.ts';
import { describeWeights } from '../store/headers.ts';
import { configMediaType, type Manifest } from '../store/manifest.ts';
import { detectTemplate } from '../template/gotmpl/bundled/index.ts';
import type { JsonValue } from '../types/json.ts';
import type { LibraryContext } from './context.ts';
import { LayerList } from './create/layer-list.ts';

/** A manifest, and the blobs that were made for it: to be kept or discarded. */
export interface MadeManifest {
  readonly manifest: Manifest;
  readonly made: LayerList;
}

/** Throws `upstream` for parameters that are none, before anything large is fetched. */
export function checkTexts({ texts }: HubModel): void {
  for (const { kind, text } of texts)
    if (kind === 'params' && !isObject(parseJson(text)))
      throw new CriaError('upstream', 'the file "params" of the repository is not a JSON object');
}

/** To be called when all layers have arrived; `weights`: the header of the whole. Nothing is visible yet. */
export async function makeManifest(
  { store }: Pick<LibraryContext, 'store'>,
  { layers, texts }: HubModel,
  weights: GgufHeader,
): Promise<MadeManifest> {
  const made = new LayerList(store);
  try {
    const facts = await describeWeights(weights);
    for (const { kind, text } of texts) await made.addText(kind, text);
    const { chatTemplate } = facts.summary;
    const known = chatTemplate === undefined ? undefined : detectTemplate(chatTemplate);
    const has = (kind: string): boolean => texts.some((text) => text.kind === kind);
    if (known !== undefined && !has('template')) await made.addText('template', known.template);
    if (known !== undefined && known.stop.length > 0 && !has('params'))
      await made.addJson('params', { stop: known.stop });
    const config = await made.store(configMediaType, encodeConfig(configOfWeights(facts)));
    const texted = made.layers.map(({ layer }) => layer);
    return { manifest: { config: config.layer, layers: [...layers, ...texted] }, made };
  } catch (error) {
    await store.lock.run(() => made.discard());
    throw error;
  }
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // told by the caller
  }
}

function isObject(value: JsonValue | undefined): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
