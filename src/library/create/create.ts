/** POST /api/create: puts a new model together and writes its manifest last. */
import { cancelledError, isCriaError } from '../../errors.ts';
import { encodeConfig, type ModelConfig } from '../../store/config.ts';
import { digestOf } from '../../store/digest.ts';
import { configMediaType, digestsOf, encodeManifest, type Manifest } from '../../store/manifest.ts';
import { findByText } from '../../store/resolve.ts';
import type { Digest } from '../../types/digest.ts';
import type { ModelName } from '../../types/model-name.ts';
import type { LibraryContext } from '../context.ts';
import { mergeParameters } from '../parameters.ts';
import { pullModel } from '../pull.ts';
import type { CreateRequest, Progress } from '../types.ts';
import { importAdapter } from './adapter.ts';
import { type Base, type BaseOptions, importFiles, inheritModel } from './base.ts';
import { type CheckedRequest, checkRequest } from './check-request.ts';
import { withFamilyDefaults } from './family-defaults.ts';
import { LayerList } from './layer-list.ts';
import { storeLayers } from './staged.ts';

/** See `Library.create`. Nothing is visible before the manifest is; a failure leaves no new blobs behind. */
export async function* createModel(
  context: LibraryContext,
  request: CreateRequest,
  signal: AbortSignal,
): AsyncGenerator<Progress> {
  const { store } = context;
  const checked = checkRequest(request, context.inspectGoTemplate);
  const layers = new LayerList(store);
  try {
    const { convert, quantize } = context;
    const options = { store, layers, convert, quantize, quantization: checked.quantization, signal };
    const base = withFamilyDefaults(yield* readBase(context, checked, options), request);
    const adapter =
      checked.adapters.length > 0 ? [yield* importAdapter(checked.adapters, base, options)] : [];
    const fileType = yield* storeLayers([...base.staged, ...adapter], options);
    await addTexts(layers, request, base);
    const config = finishConfig(
      { ...base.config, fileType: fileType ?? base.config.fileType },
      request,
      checked,
    );
    const configLayer = await layers.store(configMediaType, encodeConfig(config));
    for (const { layer, isNew, status } of layers.layers) {
      if (signal.aborted) throw cancelledError();
      yield { status: status ?? `${isNew ? 'creating new layer' : 'using existing layer'} ${layer.digest}` };
    }
    yield { status: 'writing manifest' };
    if (signal.aborted) throw cancelledError();
    const manifest = { config: configLayer.layer, layers: layers.layers.map(({ layer }) => layer) };
    await commit(context, checked.name, manifest, layers, signal);
    yield { status: 'success' };
  } finally {
    await store.lock.run(() => layers.discard());
  }
}

async function* readBase(
  context: LibraryContext,
  { source }: CheckedRequest,
  options: BaseOptions,
): AsyncGenerator<Progress, Base> {
  if (source.type === 'files') return yield* importFiles(source.files, options);
  const isHere = await findByText(context.store.catalog, source.text).then(
    () => true,
    (error: unknown) => {
      if (isCriaError(error, 'model_not_found')) return false;
      throw error;
    },
  );
  if (!isHere) yield* pullModel(context, { model: source.text, insecure: false }, options.signal);
  return inheritModel(source.text, options);
}

/** Template, system, licences, parameters, messages: in this order behind the base's layers. */
async function addTexts(layers: LayerList, request: CreateRequest, base: Base): Promise<void> {
  if (request.template) {
    layers.drop('template', 'prompt');
    await layers.addText('template', request.template);
  } else if (base.template !== undefined) {
    const { name, template } = base.template;
    await layers.addText('template', template, { status: `using autodetected template ${name}` });
  }
  if (request.system) {
    layers.drop('system');
    await layers.addText('system', request.system);
  }
  for (const license of request.licenses) {
    // A model that is made from itself again and again does not collect copies.
    if (license !== '' && !layers.has('license', digestOf(Buffer.from(license))))
      await layers.addText('license', license);
  }
  const changes = request.parameters ?? {};
  if (base.hasNewParameters || Object.keys(changes).length > 0) {
    layers.drop('params');
    await layers.addJson('params', sortKeys(mergeParameters(base.parameters, changes)));
  }
  if (request.messages !== undefined && request.messages.length > 0) {
    layers.drop('messages');
    await layers.addJson(
      'messages',
      request.messages.map(({ role, content }) => ({ role, content })),
    );
  }
}

function finishConfig(base: ModelConfig, request: CreateRequest, { overrides }: CheckedRequest): ModelConfig {
  return {
    ...base,
    renderer: request.renderer || base.renderer,
    parser: request.parser || base.parser,
    requires: request.requires || base.requires,
    ...overrides,
  };
}

/** Makes the model visible; what only its predecessor of the same name needed is deleted. */
async function commit(
  { store, noPrune }: LibraryContext,
  wanted: ModelName,
  manifest: Manifest,
  layers: LayerList,
  signal: AbortSignal,
): Promise<void> {
  const section = async (): Promise<void> => {
    const name = await store.catalog.canonicalName(wanted);
    const replaced = await store.manifests.stat(name);
    const before: readonly Digest[] =
      replaced === undefined
        ? []
        : await store.manifests.read(replaced).then(
            (loaded) => digestsOf(loaded.manifest),
            () => [], // a manifest that cannot be read is replaced like any other
          );
    await store.publish(name, encodeManifest(manifest));
    await layers.keep(); // also lets go of inherited layers that were replaced
    if (!noPrune) await store.garbage.removeUnreferenced(before);
  };
  await store.lock.run(section, { signal });
}

/** As Go writes maps, so that equal parameters are equal blobs. */
function sortKeys<T>(object: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
