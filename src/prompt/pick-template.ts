/** Chooses between a model's Go template layer and its GGUF's own Jinja template, and compiles the choice once. */
import type { ResolvedModel } from '../types/model.ts';
import { goPromptTemplate } from './go-template.ts';
import { infillByTokens } from './infill.ts';
import { jinjaPromptTemplate } from './jinja-template.ts';
import type { PromptTemplate } from './types.ts';

/** What a model without any template gets: the prompt as it is. */
const plainTemplate = '{{ .Prompt }}';

/** Compiled templates live as long as the resolved model that they belong to. */
export function createTemplateCache(now?: () => Date): (model: ResolvedModel) => PromptTemplate {
  const cache = new WeakMap<ResolvedModel, PromptTemplate>();
  return (model) => {
    let template = cache.get(model);
    if (template === undefined) {
      template = pickTemplate(model, now);
      cache.set(model, template);
    }
    return template;
  };
}

/** Throws `template_error` when the chosen template does not compile. `now`: default, the system's clock. */
export function pickTemplate(model: ResolvedModel, now?: () => Date): PromptTemplate {
  const template =
    model.chatTemplate.language === 'jinja'
      ? jinjaPromptTemplate(model.chatTemplate.source, model.gguf, now)
      : goPromptTemplate(model.chatTemplate.source || plainTemplate);
  return template.renderInfill === undefined && model.gguf.fim !== undefined
    ? { ...template, renderInfill: infillByTokens(model.gguf.fim) }
    : template;
}
