/** Rendering small made-up conversations to see what a template does with them. */
import { isCriaError } from '../../../errors.ts';
import type { JinjaTemplate } from '../index.ts';
import type { RenderLimits } from '../runtime.ts';

/** Words that no template contains: what was put in is found again by them. */
export const word = {
  system: 'zqsystem',
  user: 'zquser',
  answer: 'zqanswer',
  thought: 'zqthought',
  tool: 'zqtool',
  value: 'zqvalue',
  result: 'zqresult',
} as const;

type Fields = Readonly<Record<string, unknown>>;

export type Messages = readonly Fields[];

/** Template variables: whatever is put beside the messages. */
export type Variables = Fields;

/** A few dozen probes must not cost more than one honest rendering. */
export const probeLimits: Partial<RenderLimits> = { maxSteps: 2 ** 17, maxStringLength: 2 ** 18 };

const user: Fields = { role: 'user', content: word.user };

/** Nine characters, as Mistral's templates demand. */
const callId = 'zqcall001';

const callArguments = { zqkey: word.value };

/** The arguments as Python prints a dict: what appears where a template pastes an object into its text. */
export const pastedArguments = `{'zqkey': '${word.value}'}`;

/** As this program's answers name their calls. */
const longCallId = 'call_zqcall01';

function callWith(args: unknown, id = callId): Fields {
  return { id, type: 'function', function: { name: word.tool, arguments: args } };
}

export const call: Fields = callWith(callArguments);

function withCall(args: unknown, id?: string): readonly Fields[] {
  return [user, { role: 'assistant', content: '', tool_calls: [callWith(args, id)] }];
}

const result: Fields = { role: 'tool', name: word.tool, tool_call_id: callId, content: word.result };

export const tools: readonly Fields[] = [
  {
    type: 'function',
    function: {
      name: word.tool,
      description: 'probe',
      parameters: {
        type: 'object',
        properties: { zqkey: { type: 'string', description: 'probe' } },
        required: ['zqkey'],
      },
    },
  },
];

export const conversations = {
  prompt: [user],
  withSystem: [{ role: 'system', content: word.system }, user],
  withCall: withCall(callArguments),
  withTextCall: withCall(JSON.stringify(callArguments)),
  withLongCallId: withCall(callArguments, longCallId),
  withResult: [...withCall(callArguments), result],
  withTextCallResult: [...withCall(JSON.stringify(callArguments)), result],
} as const satisfies Record<string, Messages>;

/** `functions` and `datetime` are what firefunction's template wants instead of `tools` and `strftime_now`. */
const defaults: Variables = {
  bos_token: '',
  eos_token: '',
  add_generation_prompt: false,
  functions: JSON.stringify(tools),
  datetime: '2025-01-01 00:00:00 GMT',
};

export class Prober {
  readonly #template: JinjaTemplate;
  /** Once a probe has spent all that it may, others would too. */
  #isExhausted = false;

  constructor(template: JinjaTemplate) {
    this.#template = template;
  }

  /**
   * The text, or undefined when the template refuses. A list of tools that is not there is left out: null, which
   * transformers gives, makes templates fail that were made for tools alone.
   */
  render(messages: Messages, variables: Variables = {}): string | undefined {
    if (this.#isExhausted) return undefined;
    const context = { ...defaults, ...variables, messages };
    try {
      return this.#template.render(context, { limits: probeLimits });
    } catch (error) {
      if (!isCriaError(error, 'template_error')) throw error;
      this.#isExhausted = error.data?.reason === 'limit';
      return undefined;
    }
  }

  /** What follows the user's message, or undefined when the template refuses or does not show the message. */
  afterUser(messages: Messages, variables: Variables = {}): string | undefined {
    const text = this.render(messages, variables);
    const at = text?.lastIndexOf(word.user) ?? -1;
    return at < 0 ? undefined : text?.slice(at + word.user.length);
  }
}
