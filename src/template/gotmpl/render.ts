/** Renders a conversation with a Go template, in the way that the template is written for. */
import type { Message, ThinkValue, Tool } from '../../types/message.ts';
import { collate } from './collate.ts';
import type { ExecuteOptions } from './evaluator.ts';
import type { GoTemplate } from './template.ts';
import { messagesValue, toolsValue } from './tool-values.ts';
import { anyMap, GoMap, type GoValue } from './values.ts';

export interface GoRenderInput {
  readonly messages: readonly Message[];
  /** Default: none. */
  readonly tools?: readonly Tool[];
  /** Text before and behind the gap to fill; with both, messages and tools are left out. */
  readonly prompt?: string;
  readonly suffix?: string;
  /** Undefined = neither asked for nor off. */
  readonly think?: ThinkValue;
}

/**
 * The prompt text. Three ways: fill in the middle when prompt and suffix are given; one execution over `.Messages` when the
 * template mentions them; else one execution for each exchange of `.System`, `.Prompt` and `.Response`, the last one ending
 * where the model answers. Throws `template_error`.
 */
export function renderGoTemplate(
  template: GoTemplate,
  input: GoRenderInput,
  options?: ExecuteOptions,
): string {
  const think = thinkVariables(input.think);
  const { prompt = '', suffix = '' } = input;
  if (prompt !== '' && suffix !== '') {
    return template.executeTurn(data({ Prompt: prompt, Suffix: suffix, Response: '', ...think }), options);
  }
  const { system, messages } = collate(input.messages);
  if (template.mentions('messages')) {
    const Tools = toolsValue(input.tools ?? []);
    const Messages = messagesValue(messages);
    return template.execute(data({ System: system, Messages, Tools, Response: '', ...think }), options);
  }
  return renderExchanges(template, messages, think, options);
}

type Variables = Readonly<Record<string, GoValue>>;

function data(variables: Variables): GoMap {
  return new GoMap(anyMap, new Map(Object.entries(variables)));
}

function thinkVariables(think: ThinkValue | undefined): Variables {
  return {
    Think: think !== undefined && think !== false,
    ThinkLevel: typeof think === 'string' ? think : think === true ? 'medium' : '',
    IsThinkSet: think !== undefined,
  };
}

const noExchange = { System: '', Prompt: '', Response: '' };

/** For templates that know one exchange; what comes in another order than system, user, assistant starts a new one. */
function renderExchanges(
  template: GoTemplate,
  messages: readonly Message[],
  think: Variables,
  options: ExecuteOptions | undefined,
): string {
  let out = '';
  let exchange = noExchange;
  const finish = (): void => {
    out += template.executeTurn(data({ ...exchange, ...think }), options);
    exchange = noExchange;
  };
  for (const { role, content } of messages) {
    if (role === 'system') {
      if (exchange.Prompt !== '' || exchange.Response !== '') finish();
      exchange = { ...exchange, System: content };
    } else if (role === 'user') {
      if (exchange.Response !== '') finish();
      exchange = { ...exchange, Prompt: content };
    } else if (role === 'assistant') {
      exchange = { ...exchange, Response: content };
    }
  }
  return out + template.executeUpToResponse(data({ ...exchange, ...think }), options);
}
