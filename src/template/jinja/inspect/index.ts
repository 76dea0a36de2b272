/** What a chat template can do, found out by rendering probes: for capabilities and for parsing the model's answers. */
import type { JinjaTemplate } from '../index.ts';
import {
  conversations,
  type Messages,
  Prober,
  pastedArguments,
  tools,
  type Variables,
  word,
} from './probe.ts';
import { type FoundThinking, findThinking, type ThinkingField, type ThinkingTags } from './thinking-tags.ts';

export { probeLimits } from './probe.ts';
export type { FoundThinking, ThinkingField, ThinkingTags } from './thinking-tags.ts';

/** How a prompt leaves the model: inside a thought, after an emptied one, or free to begin one. */
export type PromptEnd = 'open' | 'closed' | 'free';

export interface ThinkingTraits {
  readonly tags: ThinkingTags;
  /** Where the template takes the thoughts of earlier answers from; undefined = it takes none. */
  readonly field: ThinkingField | undefined;
  /** Variables that turn thinking on and off; undefined = the template has no such switch. */
  readonly switch: { readonly on: Variables; readonly off: Variables } | undefined;
  /** How prompts end when nothing is said about thinking, with the switch on, and with it off. */
  readonly promptEnd: { readonly unset: PromptEnd; readonly on: PromptEnd; readonly off: PromptEnd };
}

export interface JinjaTraits {
  /** A system message appears in the prompt. */
  readonly supportsSystem: boolean;
  /** Definitions of tools appear in the prompt. */
  readonly supportsTools: boolean;
  /** Calls of earlier answers appear in the prompt. */
  readonly supportsToolCalls: boolean;
  /**
   * How calls want their arguments: most templates take an object; some paste what they get into the prompt, which is
   * right only for JSON text.
   */
  readonly callArguments: 'object' | 'text';
  /** Mistral's templates refuse ids of calls that are not nine letters and digits. */
  readonly callIds: 'any' | 'nineCharacters';
  /** Results of tools appear in the prompt. */
  readonly supportsToolResults: boolean;
  /** undefined = no sign that the model thinks before it answers. */
  readonly thinking: ThinkingTraits | undefined;
  /** The variable that sets how much the model thinks, and the levels that the template accepts for it. */
  readonly effort: { readonly variable: string; readonly levels: readonly string[] } | undefined;
}

/** The part of `inspectJinja` that tells about thoughts, at the cost of a dozen renderings at most. */
export function inspectThinking(template: JinjaTemplate): FoundThinking | undefined {
  return findThinking(new Prober(template), template.source);
}

/** Costs some dozens of small renderings: once a model. A hostile template is bounded as in rendering. */
export function inspectJinja(template: JinjaTemplate): JinjaTraits {
  const prober = new Prober(template);
  const found = findThinking(prober, template.source);
  const thinkingSwitch = findSwitch(prober);
  const shows = (messages: Messages, wanted: string, variables: Variables): boolean =>
    prober.render(messages, variables)?.includes(wanted) ?? false;
  const callArguments = findCallArguments(prober);
  const isText = callArguments === 'text';
  return {
    supportsSystem: shows(conversations.withSystem, word.system, {}),
    supportsTools: shows(conversations.prompt, word.tool, { tools }),
    supportsToolCalls: shows(isText ? conversations.withTextCall : conversations.withCall, word.value, {
      tools,
    }),
    callArguments,
    callIds: findCallIds(prober),
    supportsToolResults: shows(
      isText ? conversations.withTextCallResult : conversations.withResult,
      word.result,
      { tools },
    ),
    thinking: found && thinkingTraits(prober, found, thinkingSwitch),
    effort: findEffort(prober, thinkingSwitch?.on ?? {}),
  };
}

/** An object that is pasted looks like Python's; that, or a refusal, tells that the template was made for text. */
function findCallArguments(prober: Prober): 'object' | 'text' {
  const withObject = prober.render(conversations.withCall, { tools });
  if (withObject !== undefined && !withObject.includes(pastedArguments)) return 'object';
  const withText = prober.render(conversations.withTextCall, { tools });
  return withText?.includes(word.value) ? 'text' : 'object';
}

function findCallIds(prober: Prober): JinjaTraits['callIds'] {
  const takes = (messages: Messages): boolean => prober.render(messages, { tools }) !== undefined;
  return !takes(conversations.withLongCallId) && takes(conversations.withCall) ? 'nineCharacters' : 'any';
}

function thinkingTraits(
  prober: Prober,
  { tags, field }: FoundThinking,
  thinkingSwitch: ThinkingTraits['switch'],
): ThinkingTraits {
  const endWith = (variables: Variables): PromptEnd => promptEnd(prober, tags, variables);
  const unset = endWith({});
  return {
    tags,
    field,
    switch: thinkingSwitch,
    promptEnd: {
      unset,
      on: thinkingSwitch === undefined ? unset : endWith(thinkingSwitch.on),
      off: thinkingSwitch === undefined ? unset : endWith(thinkingSwitch.off),
    },
  };
}

function promptEnd(prober: Prober, { open, close }: ThinkingTags, variables: Variables): PromptEnd {
  const end =
    prober.afterUser(conversations.prompt, { ...variables, add_generation_prompt: true })?.trimEnd() ?? '';
  if (end.endsWith(close)) return 'closed';
  return end.endsWith(open) ? 'open' : 'free';
}

interface SwitchCandidate {
  readonly on: Variables;
  readonly off: Variables;
  /** The variable has other meanings too: only a different end of the prompt shows that it is a switch. */
  readonly mustChangeEnd: boolean;
}

/** In the order of how common they are. */
const switches: readonly SwitchCandidate[] = [
  { on: { enable_thinking: true }, off: { enable_thinking: false }, mustChangeEnd: false },
  { on: { thinking: true }, off: { thinking: false }, mustChangeEnd: false },
  { on: { thinking_mode: 'enabled' }, off: { thinking_mode: 'disabled' }, mustChangeEnd: false },
  { on: { reasoning: true }, off: { reasoning: false }, mustChangeEnd: true },
  { on: { reasoning_effort: 'high' }, off: { reasoning_effort: 'no_think' }, mustChangeEnd: true },
  { on: { reasoning_effort: 'high' }, off: { reasoning_effort: 'none' }, mustChangeEnd: true },
];

function findSwitch(prober: Prober): ThinkingTraits['switch'] {
  const found = switches.find(({ on, off, mustChangeEnd }) => {
    // Some templates heed the switch only where there is no system message, some only where there is one.
    return [conversations.prompt, conversations.withSystem].some((messages) => {
      const [withOn, withOff] = [on, off].map((variables) => {
        const context = { ...variables, add_generation_prompt: true };
        return mustChangeEnd ? prober.afterUser(messages, context) : prober.render(messages, context);
      });
      return withOn !== undefined && withOff !== undefined && withOn !== withOff;
    });
  });
  return found && { on: found.on, off: found.off };
}

const effortVariables = ['reasoning_effort', 'thinking_effort', 'reasoning_strength'] as const;
const effortLevels = ['low', 'medium', 'high', 'max'] as const;

function findEffort(prober: Prober, thinkingOn: Variables): JinjaTraits['effort'] {
  for (const variable of effortVariables) {
    const rendered = effortLevels.map((level) => ({
      level,
      text: prober.render(conversations.prompt, {
        ...thinkingOn,
        [variable]: level,
        add_generation_prompt: true,
      }),
    }));
    const accepted = rendered.filter(({ text }) => text !== undefined);
    if (new Set(accepted.map(({ text }) => text)).size > 1)
      return { variable, levels: accepted.map(({ level }) => level) };
  }
  return undefined;
}
