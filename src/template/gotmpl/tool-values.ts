/** Messages and tools as templates see them: the fields, types and printed forms that Ollama's templates rely on. */
import type { JsonObject, JsonValue } from '../../types/json.ts';
import type { Message, Tool, ToolCall } from '../../types/message.ts';
import {
  anySlice,
  checkDataDepth,
  fromJson,
  GoMap,
  type GoMapType,
  GoSlice,
  type GoSliceType,
  GoStruct,
  type GoStructType,
  type GoValue,
  mapFromJson,
  stringSlice,
} from './values.ts';

const messageSlice: GoSliceType = { name: '[]*template.Message' };
const messageType: GoStructType = {
  name: 'template.Message',
  fields: [
    { name: 'Role' },
    { name: 'Content' },
    { name: 'Thinking' },
    { name: 'Images' },
    { name: 'ToolCalls' },
    { name: 'ToolName' },
    { name: 'ToolCallID' },
  ],
};
const imageSlice: GoSliceType = { name: '[]api.ImageData' };
const toolCallSlice: GoSliceType = { name: '[]template.ToolCall' };
const toolCallType: GoStructType = {
  name: 'template.ToolCall',
  fields: [{ name: 'ID' }, { name: 'Function' }],
};
const toolCallFunctionType: GoStructType = {
  name: 'template.ToolCallFunction',
  fields: [{ name: 'Index' }, { name: 'Name' }, { name: 'Arguments' }],
};
const argumentsType: GoMapType = { name: 'template.Arguments', printsAsJson: true, zero: () => null };

// `.Function` and `.Parameters` print as JSON, too: published templates (Qwen's among them) were written for that.
const toolSlice: GoSliceType = { name: 'template.Tools', printsAsJson: true };
const toolType: GoStructType = {
  name: 'template.Tool',
  printsAsJson: true,
  fields: [
    { name: 'Type', json: 'type' },
    { name: 'Items', json: 'items', omitEmpty: true },
    { name: 'Function', json: 'function' },
  ],
};
const toolFunctionType: GoStructType = {
  name: 'template.ToolFunction',
  printsAsJson: true,
  fields: [
    { name: 'Name', json: 'name' },
    { name: 'Description', json: 'description' },
    { name: 'Parameters', json: 'parameters' },
  ],
};
const parametersType: GoStructType = {
  name: 'template.ToolFunctionParameters',
  printsAsJson: true,
  fields: [
    { name: 'Type', json: 'type' },
    { name: 'Defs', json: '$defs', omitEmpty: true },
    { name: 'Items', json: 'items', omitEmpty: true },
    { name: 'Required', json: 'required', omitEmpty: true },
    { name: 'Properties', json: 'properties' },
  ],
};
const propertyType: GoStructType = {
  name: 'api.ToolProperty',
  printsAsJson: true,
  fields: [
    { name: 'AnyOf', json: 'anyOf', omitEmpty: true },
    { name: 'Type', json: 'type', omitEmpty: true },
    { name: 'Items', json: 'items', omitEmpty: true },
    { name: 'Description', json: 'description', omitEmpty: true },
    { name: 'Enum', json: 'enum', omitEmpty: true },
    { name: 'Properties', json: 'properties', omitEmpty: true },
    { name: 'Required', json: 'required', omitEmpty: true },
  ],
};
const propertyMap: GoMapType = {
  name: 'template.Properties',
  printsAsJson: true,
  zero: () => propertyValue({}),
};
/** Properties inside a property keep the order in which they were declared. */
const nestedPropertyMap: GoMapType = { ...propertyMap, keepsOrder: true };
const propertySlice: GoSliceType = { name: '[]api.ToolProperty' };
const typeNames: GoSliceType = { name: 'api.PropertyType', unwrapsSingle: true };

/** `.Messages` */
export function messagesValue(messages: readonly Message[]): GoSlice {
  return new GoSlice(messageSlice, messages.map(messageValue));
}

function messageValue(message: Message): GoStruct {
  const images = message.images?.length ? message.images : undefined;
  const calls = message.toolCalls?.length ? message.toolCalls : undefined;
  return new GoStruct(messageType, [
    message.role,
    message.content,
    message.thinking ?? '',
    // Templates only count images; their bytes reach the model another way.
    new GoSlice(
      imageSlice,
      images?.map(() => '[img]'),
    ),
    new GoSlice(toolCallSlice, calls?.map(toolCallValue)),
    message.toolName ?? '',
    message.toolCallId ?? '',
  ]);
}

function toolCallValue(call: ToolCall, position: number): GoStruct {
  const args = new GoMap(
    argumentsType,
    mapFromJson(call.arguments, (value) => fromJson(value)),
  );
  return new GoStruct(toolCallType, [
    call.id ?? '',
    new GoStruct(toolCallFunctionType, [BigInt(call.index ?? position), call.name, args]),
  ]);
}

/** `.Tools` */
export function toolsValue(tools: readonly Tool[]): GoSlice {
  return new GoSlice(toolSlice, tools.length === 0 ? undefined : tools.map(toolValue));
}

function toolValue(tool: Tool): GoStruct {
  const { name, description, parameters } = tool.function;
  return new GoStruct(toolType, [
    tool.type,
    fromJson(tool.items),
    new GoStruct(toolFunctionType, [name, description ?? '', parametersValue(parameters)]),
  ]);
}

function parametersValue(parameters: JsonObject): GoStruct {
  const properties = asObject(parameters.properties);
  return new GoStruct(parametersType, [
    asText(parameters.type),
    fromJson(parameters.$defs),
    fromJson(parameters.items),
    stringsValue(parameters.required),
    new GoMap(propertyMap, properties && mapFromJson(properties, (value) => propertyValue(value))),
  ]);
}

function propertyValue(json: JsonValue, depth = 0): GoStruct {
  checkDataDepth(depth);
  const inner = (value: JsonValue): GoStruct => propertyValue(value, depth + 1);
  const property = asObject(json) ?? {};
  const { anyOf, type, enum: options } = property;
  const nested = asObject(property.properties);
  const names = typeof type === 'string' ? [type] : Array.isArray(type) ? type.map(asText) : undefined;
  return new GoStruct(propertyType, [
    new GoSlice(propertySlice, Array.isArray(anyOf) ? anyOf.map(inner) : undefined),
    new GoSlice(typeNames, names),
    fromJson(property.items),
    asText(property.description),
    new GoSlice(anySlice, Array.isArray(options) ? options.map((option) => fromJson(option)) : undefined),
    new GoMap(nestedPropertyMap, nested && mapFromJson(nested, inner)),
    stringsValue(property.required),
  ]);
}

function stringsValue(json: JsonValue | undefined): GoSlice {
  return new GoSlice(stringSlice, Array.isArray(json) ? json.map(asText) : undefined);
}

function asText(json: JsonValue | undefined): string {
  return typeof json === 'string' ? json : '';
}

function asObject(json: JsonValue | undefined): JsonObject | undefined {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : undefined;
}

const typeScriptNames = new Map<string, string>([
  ['string', 'string'],
  ['number', 'number'],
  ['integer', 'number'],
  ['boolean', 'boolean'],
  ['array', 'any[]'],
  ['object', 'Record<string, any>'],
  ['null', 'null'],
]);

/** The TypeScript type of a tool's property, `any` for everything else. */
export function toTypeScriptType(value: GoValue): string {
  if (!(value instanceof GoStruct) || value.type !== propertyType) return 'any';
  const alternatives = value.get('AnyOf');
  if (alternatives instanceof GoSlice && alternatives.items.length > 0) {
    return alternatives.items.map(toTypeScriptType).join(' | ');
  }
  const names = value.get('Type');
  if (!(names instanceof GoSlice) || names.items.length === 0) return 'any';
  return names.items.map((name) => typeScriptNames.get(String(name)) ?? 'any').join(' | ');
}
