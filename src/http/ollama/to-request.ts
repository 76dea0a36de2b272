/** Bodies of generate and chat → requests of the inference room. Checks stand in Ollama's order. */
import type { ChatRequestBody, GenerateRequestBody } from '../../api/schemas/generate.ts';
import type { WireMessage } from '../../api/schemas/message.ts';
import { CriaError } from '../../errors.ts';
import type { ChatRequest, CommonRequest, GenerateRequest } from '../../inference/types.ts';
import type { JsonValue } from '../../types/json.ts';
import type { Message, ThinkValue, ToolCall } from '../../types/message.ts';
import { decodeBase64 } from '../base64.ts';
import { parseKeepAlive } from '../keep-alive.ts';
import { toTool } from './to-tool.ts';

/** Throws `bad_request`, and `model_not_found` when the name is empty. */
export function toGenerateRequest(body: GenerateRequestBody): GenerateRequest {
  const common = toCommon(body);
  const images = (body.images ?? []).map(decodeBase64);
  requireTopLogprobs(common.topLogprobs);
  if (isBlank(common.model)) throw new CriaError('model_not_found', "model '' not found");
  return {
    ...common,
    prompt: body.prompt ?? '',
    suffix: body.suffix ?? '',
    system: body.system ?? '',
    template: body.template ?? '',
    ...(body.context === undefined ? {} : { context: body.context }),
    raw: body.raw ?? false,
    images,
  };
}

/** Throws `bad_request`. */
export function toChatRequest(body: ChatRequestBody): ChatRequest {
  const common = toCommon(body);
  const messages = (body.messages ?? []).map(toMessage);
  const tools = (body.tools ?? []).map(toTool);
  requireTopLogprobs(common.topLogprobs);
  if (isBlank(common.model)) throw new CriaError('bad_request', 'model is required');
  return { ...common, messages, tools };
}

function toCommon(body: GenerateRequestBody | ChatRequestBody): CommonRequest {
  const keepAliveMs = parseKeepAlive(body.keep_alive);
  const think = parseThink(body.think);
  return {
    model: body.model ?? '',
    options: body.options ?? {},
    ...(body.format === undefined ? {} : { format: body.format }),
    ...(keepAliveMs === undefined ? {} : { keepAliveMs }),
    ...(think === undefined ? {} : { think }),
    ...(body.truncate === undefined ? {} : { truncate: body.truncate }),
    ...(body.shift === undefined ? {} : { shift: body.shift }),
    logprobs: body.logprobs ?? false,
    topLogprobs: body.top_logprobs ?? 0,
    debugRenderOnly: body._debug_render_only ?? false,
  };
}

/** The role is not checked: templates know roles of their own. */
function toMessage(wire: WireMessage): Message {
  return {
    role: (wire.role ?? '').toLowerCase(),
    content: wire.content ?? '',
    ...(wire.thinking === undefined ? {} : { thinking: wire.thinking }),
    ...(wire.images === undefined ? {} : { images: wire.images.map(decodeBase64) }),
    ...(wire.tool_calls === undefined ? {} : { toolCalls: wire.tool_calls.map(toToolCall) }),
    ...(wire.tool_name === undefined ? {} : { toolName: wire.tool_name }),
    ...(wire.tool_call_id === undefined ? {} : { toolCallId: wire.tool_call_id }),
  };
}

function toToolCall(wire: NonNullable<WireMessage['tool_calls']>[number]): ToolCall {
  const call = wire.function ?? {};
  return {
    ...(wire.id === undefined ? {} : { id: wire.id }),
    ...(call.index === undefined ? {} : { index: call.index }),
    name: call.name ?? '',
    arguments: call.arguments ?? {},
  };
}

const thinkLevels = ['high', 'medium', 'low', 'max'] as const;

function parseThink(value: JsonValue | undefined): ThinkValue | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string')
    throw new CriaError(
      'bad_request',
      'think must be a boolean or string ("high", "medium", "low", "max", true, or false)',
    );
  const level = thinkLevels.find((known) => known === value);
  if (level === undefined)
    throw new CriaError(
      'bad_request',
      `invalid think value: ${JSON.stringify(value)} (must be "high", "medium", "low", "max", true, or false)`,
    );
  return level;
}

function requireTopLogprobs(value: number): void {
  if (value < 0 || value > 20) throw new CriaError('bad_request', 'top_logprobs must be between 0 and 20');
}

function isBlank(model: string): boolean {
  return model.trim() === '';
}
