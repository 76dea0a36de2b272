/** Prompts by the Jinja chat template that a GGUF file carries. */
import { deriveToolCallFormat } from '../output/derive-format.ts';
import { deriveLayout } from '../output/derive-layout.ts';
import { toldCallFormat } from '../output/told-format.ts';
import { compileJinja, type RenderLimits } from '../template/jinja/index.ts';
import { inspectJinja, type JinjaTraits, probeLimits } from '../template/jinja/inspect/index.ts';
import type { Message, ThinkValue, Tool } from '../types/message.ts';
import type { GgufSummary } from '../types/model.ts';
import { renderContinuation } from './continuation.ts';
import { toJinjaMessages, toJinjaTool } from './jinja-values.ts';
import type { Conversation, PromptTemplate } from './types.ts';

/** Throws `template_error` when the source does not compile. `now`: for templates that tell the model the date. */
export function jinjaPromptTemplate(
  source: string,
  gguf: Pick<GgufSummary, 'bosToken' | 'eosToken'>,
  now: () => Date = () => new Date(),
): PromptTemplate {
  const template = compileJinja(source);
  const traits = inspectJinja(template);

  const render = (
    messages: readonly Message[],
    tools: readonly Tool[],
    think: ThinkValue | undefined,
    limits?: Partial<RenderLimits>,
  ): string =>
    template.render(
      {
        messages: toJinjaMessages(messages, traits),
        ...(tools.length > 0 ? { tools: tools.map(toJinjaTool) } : {}),
        ...firefunctionVariables(tools, now()),
        add_generation_prompt: messages.at(-1)?.role !== 'assistant',
        bos_token: gguf.bosToken,
        eos_token: gguf.eosToken,
        ...thinkVariables(think, traits),
      },
      { now, ...(limits === undefined ? {} : { limits }) },
    );

  const probe = (messages: readonly Message[], tools: readonly Tool[]): string =>
    render(messages, tools, undefined, probeLimits);
  const thinkingTags = traits.thinking?.tags;
  const answerLayout = deriveLayout(probe, thinkingTags);
  return {
    thinkingTags,
    answerLayout,
    toolCallFormat:
      deriveToolCallFormat(probe, thinkingTags, answerLayout) ??
      (traits.supportsTools ? toldCallFormat(source) : undefined),
    renderChat: ({ messages, tools, think }: Conversation): string => {
      const last = messages.at(-1);
      const renderOne = (shown: readonly Message[]): string => render(shown, tools, think);
      if (last?.role !== 'assistant' || last.toolCalls !== undefined) return renderOne(messages);
      return renderContinuation(messages, renderOne, {
        tags: thinkingTags,
        mayThink: think !== false,
        renderThoughtless: (shown) => render(shown, tools, false),
      });
    },
    renderInfill: undefined,
  };
}

/** What firefunction's template wants instead of `tools` and `strftime_now`. */
function firefunctionVariables(tools: readonly Tool[], now: Date): Record<string, unknown> {
  return {
    functions: tools.length > 0 ? JSON.stringify(tools, null, 2) : '',
    datetime: `${now.toISOString().slice(0, 19).replace('T', ' ')} GMT`,
  };
}

/** The template's own switch and effort variable, set as the request says; nothing when it says nothing. */
function thinkVariables(
  think: ThinkValue | undefined,
  { thinking, effort }: JinjaTraits,
): Record<string, unknown> {
  if (think === undefined) return {};
  const isOn = think !== false;
  const onOff = thinking?.switch?.[isOn ? 'on' : 'off'] ?? { enable_thinking: isOn };
  if (effort === undefined || typeof think !== 'string') return onOff;
  // The nearest level that the template knows.
  const order = ['max', 'high', 'medium', 'low'];
  const level = [think, ...order.slice(order.indexOf(think)), ...order].find((name) =>
    effort.levels.includes(name),
  );
  return level === undefined ? onOff : { ...onOff, [effort.variable]: level };
}
