/** Go's text/template as Ollama's models use it: parsing, inspection and rendering of conversations. */

export { type DetectedTemplate, detectTemplate } from './bundled/index.ts';
export type { ExecuteOptions } from './evaluator.ts';
export { type GoTemplateInspection, inspectGoTemplate, type ThinkingTags } from './inspect.ts';
export type { RenderLimits } from './limits.ts';
export { type GoRenderInput, renderGoTemplate } from './render.ts';
export { type GoTemplate, parseGoTemplate } from './template.ts';
export { fromJson, type GoValue } from './values.ts';
