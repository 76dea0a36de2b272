/** Wire form of conversation turns and tools in requests. */
import { any, anyObject, array, type Infer, integer, object, string } from '../schema.ts';

export const toolCallSchema = object('ToolCall', {
  id: string,
  function: object('ToolCallFunction', {
    index: integer,
    name: string,
    arguments: anyObject,
  }),
});

export const messageSchema = object('Message', {
  role: string,
  content: string,
  thinking: string,
  /** Standard base64. */
  images: array(string),
  tool_calls: array(toolCallSchema),
  tool_name: string,
  tool_call_id: string,
});

/** `parameters` is a JSON Schema; the server keeps the keywords that it knows and drops the rest. */
export const toolSchema = object('Tool', {
  type: string,
  items: any,
  function: object('ToolFunction', {
    name: string,
    description: string,
    parameters: anyObject,
  }),
});

export type WireMessage = Infer<typeof messageSchema>;
export type WireTool = Infer<typeof toolSchema>;
