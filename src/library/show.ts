/** Everything about one stored model. */
import { CriaError } from '../errors.ts';
import { countParameters } from '../gguf/parameter-count.ts';
import { readGgufHeader } from '../gguf/reader.ts';
import { readModelHeader } from '../gguf/split.ts';
import type { GgufHeader } from '../gguf/types.ts';
import type { Catalog } from '../store/catalog.ts';
import { isRemote, type StoredModel } from '../store/describe.ts';
import { displayName, parseModelName, parseModelSource } from '../store/name.ts';
import { metadataAsJson } from './metadata-json.ts';
import { modelfileOf } from './modelfile-text.ts';
import { formatParameters, mergeParameters } from './parameters.ts';
import type { ShownModel, ShowRequest } from './types.ts';

/** What Ollama shows for a model without a template. */
const plainTemplate = '{{ .Prompt }}';

/** Throws `bad_request`, `invalid_model_name`, `model_not_found`, `forbidden` for cloud models, `corrupt_store`. */
export async function showModel(catalog: Catalog, request: ShowRequest): Promise<ShownModel> {
  const model = await findModel(catalog, request.model);
  const { contents, config } = model;
  if ('problem' in model.run && model.run.problem.code !== 'not_implemented')
    throw new CriaError('corrupt_store', model.run.problem.message, { cause: model.run.problem });
  const header = model.modelPaths.length === 0 ? undefined : await readModelHeader(model.modelPaths);
  const [projectorPath] = model.projectorPaths;
  const projector = projectorPath === undefined ? undefined : await readGgufHeader(projectorPath);
  const parameters = mergeParameters(contents.parameters, request.options);
  const system = request.system || (contents.system ?? '');
  return {
    license: contents.licenses.join('\n'),
    modelfile: modelfileOf(model, { parameters, system }),
    parameters: formatParameters(parameters),
    template: shownTemplate(model),
    system,
    renderer: config.renderer,
    parser: config.parser,
    details: model.details,
    messages: contents.messages,
    modelInfo: header === undefined ? {} : await modelInfo(header, request.verbose),
    projectorInfo: projector && (await metadataAsJson(projector, { verbose: request.verbose })),
    tensors: header?.tensors.map(({ name, type, shape }) => ({ name, type, shape })) ?? [],
    capabilities: model.capabilities,
    modifiedAt: model.entry.modifiedAt,
    requires: config.requires,
  };
}

async function findModel(catalog: Catalog, text: string): Promise<StoredModel> {
  if (text === '') throw new CriaError('bad_request', 'model is required');
  const { source, base } = parseModelSource(text);
  if (source === 'cloud') throw remoteDetails();
  const name = parseModelName(base);
  const model = await catalog.find(name);
  if (model === undefined) throw new CriaError('model_not_found', `model '${displayName(name)}' not found`);
  if (!isRemote(model.config)) return model;
  throw source === 'local' ? new CriaError('model_not_found', `model '${text}' not found`) : remoteDetails();
}

function remoteDetails(): CriaError {
  return new CriaError('forbidden', 'ollama cloud is disabled: remote model details are unavailable');
}

/** The template in use for conversations. */
function shownTemplate({ run, contents }: StoredModel): string {
  const source = 'model' in run ? run.model.chatTemplate.source : contents.template;
  return source || plainTemplate;
}

async function modelInfo(header: GgufHeader, verbose: boolean): Promise<Record<string, unknown>> {
  return metadataAsJson(header, {
    verbose,
    without: ['general.name', 'tokenizer.chat_template'],
    extra: { 'general.parameter_count': countParameters(header) },
  });
}
