/** Which of a model's templates is in use, and what each can do. */
import { isCriaError } from '../errors.ts';
import { compileJinja } from '../template/jinja/index.ts';
import { inspectThinking } from '../template/jinja/inspect/index.ts';
import type { ResolvedModel } from '../types/model.ts';

/** What a Go template can do, as its syntax tells. */
export interface GoTemplateFeatures {
  readonly usesTools: boolean;
  readonly usesSuffix: boolean;
  /** Texts around a message's thinking, when the template writes them. */
  readonly thinkingTags: object | undefined;
}

/** Throws `template_error` when the source does not parse. */
export type InspectGoTemplate = (source: string) => GoTemplateFeatures;

export type TemplateFeature = 'tools' | 'insert' | 'thinking';

export interface TemplateChoice {
  readonly chatTemplate: ResolvedModel['chatTemplate'];
  /** What the chosen template can do. */
  readonly features: ReadonlySet<TemplateFeature>;
}

export interface TemplateSources {
  /** The manifest's Go template layer. */
  readonly goTemplate: string | undefined;
  /** The GGUF's `tokenizer.chat_template`. */
  readonly jinjaTemplate: string | undefined;
  /** Name of the built-in renderer that Ollama would use instead of the Go template. */
  readonly renderer: string;
  readonly family: string;
}

/**
 * Ollama's rule: the Go template stays in use unless the Jinja one can do strictly more, or as much with tools but only
 * the Jinja one can show their results. `preferGo` (OLLAMA_GO_TEMPLATE) decides when it is set. A model with a renderer
 * has no Go template of its own worth keeping, so its Jinja template is used.
 */
export function chooseTemplate(
  { goTemplate, jinjaTemplate, renderer, family }: TemplateSources,
  options: { readonly inspectGoTemplate: InspectGoTemplate; readonly preferGo: boolean | undefined },
): TemplateChoice {
  const jinja = jinjaTemplate === undefined ? undefined : jinjaFeatures(jinjaTemplate);
  const go = goTemplate === undefined ? undefined : goFeatures(goTemplate, options.inspectGoTemplate);
  const useJinja = (): TemplateChoice => ({
    chatTemplate: { language: 'jinja', source: jinjaTemplate ?? '' },
    features: jinja ?? new Set(),
  });
  const useGo = (): TemplateChoice => ({
    chatTemplate: { language: 'go', source: goTemplate ?? '' },
    features: go ?? new Set(),
  });
  if (jinja === undefined || jinjaTemplate === undefined) return useGo();
  if (goTemplate === undefined || go === undefined) return useJinja(); // none, or one that does not parse
  if (options.preferGo !== undefined) return options.preferGo ? useGo() : useJinja();
  if (isHarmony(family, goTemplate)) return useGo();
  if (renderer !== '') return useJinja();
  const goRoundTrips = goShowsToolResults(goTemplate, go);
  const jinjaRoundTrips = jinjaShowsToolResults(jinjaTemplate);
  const jinjaHasAll = [...go].every((feature) => jinja.has(feature));
  if (!jinjaHasAll) return useGo();
  if (jinja.size > go.size) return goRoundTrips && !jinjaRoundTrips ? useGo() : useJinja();
  return go.has('tools') && jinjaRoundTrips && !goRoundTrips ? useJinja() : useGo();
}

/** Undefined when the template does not parse. */
function goFeatures(source: string, inspect: InspectGoTemplate): ReadonlySet<TemplateFeature> | undefined {
  try {
    const { usesTools, usesSuffix, thinkingTags } = inspect(source);
    const features = new Set<TemplateFeature>();
    if (usesTools) features.add('tools');
    if (usesSuffix) features.add('insert');
    if (thinkingTags !== undefined) features.add('thinking');
    return features;
  } catch {
    return undefined; // whoever renders it gets the error; a list of models must not fail for it
  }
}

/** Tools by the words in its text, as Ollama does; thoughts also where the template shows them in other tags than `<think>`. */
export function jinjaFeatures(source: string): ReadonlySet<TemplateFeature> {
  const features = new Set<TemplateFeature>();
  if (source.includes('tools') || source.includes('tool_call')) features.add('tools');
  const cutsThinking =
    /content\.split\((['"])<\/think>\1\)/.test(source) &&
    !source.includes('reasoning_content') &&
    !source.includes('<SPECIAL_12>');
  if (cutsThinking || showsThinking(source)) features.add('thinking');
  return features;
}

/** The template writes thoughts, or names both tags; one that only cuts thoughts off may belong to a model that has none. */
function showsThinking(source: string): boolean {
  if (source.includes('<think>') && source.includes('</think>')) return true;
  // Nearly all templates without thoughts are told by their words, which costs nothing.
  if (!/think|thought|reason/i.test(source)) return false;
  try {
    const found = inspectThinking(compileJinja(source));
    if (found === undefined) return false;
    return (
      found.field !== undefined || (source.includes(found.tags.open) && source.includes(found.tags.close))
    );
  } catch (error) {
    if (isCriaError(error, 'template_error')) return false; // whoever renders it gets the error
    throw error;
  }
}

function isHarmony(family: string, goTemplate: string): boolean {
  const isFamily = family === 'gptoss' || family === 'gpt-oss';
  return isFamily && goTemplate.includes('<|start|>') && goTemplate.includes('<|end|>');
}

/** "Round trip": the template shows calls and their results of earlier turns. */
function goShowsToolResults(source: string, features: ReadonlySet<TemplateFeature>): boolean {
  return (
    features.has('tools') &&
    /\.ToolCalls\b/.test(source) &&
    /eq \.Role "tool"|tool_response|TOOL_RESULTS/.test(source)
  );
}

function jinjaShowsToolResults(source: string): boolean {
  return (
    source.includes('tool_calls') &&
    /tool_response|tool_results|role['"\]]*\s*==\s*['"]tool['"]|ipython/.test(source)
  );
}
