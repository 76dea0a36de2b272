/** Prompts by a Go template, the language of Ollama's template layers. */
import { deriveToolCallFormat } from '../output/derive-format.ts';
import { inspectGoTemplate, parseGoTemplate, renderGoTemplate } from '../template/gotmpl/index.ts';
import type { PromptTemplate } from './types.ts';

/** Throws `template_error` when the source does not parse. */
export function goPromptTemplate(source: string): PromptTemplate {
  const template = parseGoTemplate(source);
  const { usesSuffix, usesTools, thinkingTags } = inspectGoTemplate(template);
  return {
    thinkingTags,
    toolCallFormat: usesTools
      ? deriveToolCallFormat((messages, tools) => renderGoTemplate(template, { messages, tools }))
      : undefined,
    renderChat: (conversation) => renderGoTemplate(template, conversation),
    renderInfill: usesSuffix
      ? ({ prompt, suffix, think }) => renderGoTemplate(template, { messages: [], prompt, suffix, think })
      : undefined,
  };
}
