/** Prompts by a Go template, the language of Ollama's template layers. */
import { deriveToolCallFormat, type RenderProbe } from '../output/derive-format.ts';
import { deriveLayout } from '../output/derive-layout.ts';
import { inspectGoTemplate, parseGoTemplate, renderGoTemplate } from '../template/gotmpl/index.ts';
import type { PromptTemplate } from './types.ts';

/** Throws `template_error` when the source does not parse. */
export function goPromptTemplate(source: string): PromptTemplate {
  const template = parseGoTemplate(source);
  const { usesSuffix, usesTools, thinkingTags } = inspectGoTemplate(template);
  const probe: RenderProbe = (messages, tools) => renderGoTemplate(template, { messages, tools });
  const answerLayout = deriveLayout(probe, thinkingTags);
  return {
    thinkingTags,
    answerLayout,
    toolCallFormat: usesTools ? deriveToolCallFormat(probe, thinkingTags, answerLayout) : undefined,
    renderChat: (conversation) => renderGoTemplate(template, conversation),
    renderInfill: usesSuffix
      ? ({ prompt, suffix, think }) => renderGoTemplate(template, { messages: [], prompt, suffix, think })
      : undefined,
  };
}
