/** Models → the objects of tags, ps and show. Keys stand in Ollama's order; undefined ones are left out when written. */
import type { ListedModel, LoadedModel, ShownModel } from '../../library/types.ts';
import type { ModelDetails } from '../../types/model.ts';

type Wire = Readonly<Record<string, unknown>>;

export function fromListed(model: ListedModel): Wire {
  const { contextLength, embeddingLength } = model.details;
  return {
    name: model.name,
    model: model.name,
    modified_at: model.modifiedAt,
    size: model.sizeBytes,
    digest: model.digest,
    details: {
      ...fromDetails(model.details),
      context_length: contextLength || undefined,
      embedding_length: embeddingLength || undefined,
    },
    capabilities: nonEmpty(model.capabilities),
  };
}

export function fromLoaded(model: LoadedModel): Wire {
  return {
    name: model.name,
    model: model.name,
    size: model.sizeBytes,
    digest: model.digest,
    details: { ...fromDetails(model.details), parent_model: '' },
    expires_at: model.expiresAt,
    size_vram: model.sizeVramBytes,
    context_length: model.nCtx,
  };
}

/** `overrides` replace entries of `model_info`. */
export function fromShown(model: ShownModel, overrides: Wire): Wire {
  return {
    license: model.license || undefined,
    modelfile: model.modelfile || undefined,
    parameters: model.parameters || undefined,
    template: model.template || undefined,
    system: model.system || undefined,
    renderer: model.renderer || undefined,
    parser: model.parser || undefined,
    details: fromDetails(model.details),
    messages: nonEmpty(model.messages.map(({ role, content }) => ({ role, content }))),
    model_info: { ...model.modelInfo, ...overrides },
    projector_info: model.projectorInfo,
    tensors: nonEmpty(model.tensors.map(({ name, type, shape }) => ({ name, type, shape }))),
    capabilities: nonEmpty(model.capabilities),
    modified_at: model.modifiedAt,
    requires: model.requires || undefined,
  };
}

function fromDetails(details: ModelDetails): Wire {
  return {
    parent_model: details.parentModel,
    format: details.format,
    family: details.family,
    families: details.families,
    parameter_size: details.parameterSize,
    quantization_level: details.quantizationLevel,
  };
}

function nonEmpty<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}
