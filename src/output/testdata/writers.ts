/** For tests: calls written as models write them in each format. */
import type { JsonObject, JsonValue } from '../../types/json.ts';
import type { ToolCallFormat } from '../../types/tool-call-format.ts';

export interface Call {
  readonly name: string;
  readonly arguments: JsonObject;
}

export interface Writer {
  readonly format: ToolCallFormat;
  readonly write: (call: Call) => string;
}

const list = ['[', ']', ','];

const asText = (value: JsonValue): string => (typeof value === 'string' ? value : JSON.stringify(value));

function quoted(value: JsonValue): string {
  if (typeof value === 'string') return `<|"|>${value}<|"|>`;
  if (Array.isArray(value)) return `[${value.map(quoted).join(',')}]`;
  if (value === null || typeof value !== 'object') return value === null ? 'None' : `${value}`;
  return `{${Object.entries(value)
    .map(([key, child]) => `${key}:${quoted(child)}`)
    .join(',')}}`;
}

function python(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null) return 'None';
  if (typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, child]) => `${JSON.stringify(key)}: ${python(child)}`)
    .join(', ')}}`;
}

export const writers = {
  json: {
    format: {
      kind: 'json',
      blockOpen: '<call>',
      fillers: ['</call>', ...list],
      nameKey: 'name',
      argumentsKey: 'args',
      members: [
        { key: 'name', holds: 'name' },
        { key: 'args', holds: 'arguments' },
      ],
    },
    write: (call) => `<call>\n${JSON.stringify({ name: call.name, args: call.arguments })}\n</call>`,
  },
  named: {
    format: { kind: 'named', blockOpen: '', beforeName: '<function=', fillers: ['</function>', ...list] },
    write: (call) => `<function=${call.name}>${JSON.stringify(call.arguments)}</function>`,
  },
  quoted: {
    format: {
      kind: 'named',
      blockOpen: '',
      beforeName: '<call>call:',
      fillers: ['</call>', ...list],
      quote: '<|"|>',
    },
    write: (call) => `<call>call:${call.name}${quoted(call.arguments)}</call>`,
  },
  tagged: {
    format: {
      kind: 'tagged',
      blockOpen: '<call>',
      beforeName: '<function=',
      afterName: '>',
      beforeKey: '<parameter=',
      afterKey: '" type="',
      typeMark: { string: 'string', other: 'number', end: '">' },
      afterValue: '</parameter>',
      callClose: '</function>',
      fillers: ['</call>', ...list],
    },
    write: (call) => {
      const args = Object.entries(call.arguments).map(
        ([key, value]) => `<parameter=${key}" type="${typeof value}">\n${asText(value)}\n</parameter>\n`,
      );
      return `<call>\n<function=${call.name}>\n${args.join('')}</function>\n</call>`;
    },
  },
  python: {
    format: { kind: 'python', blockOpen: '<call>', fillers: ['</call>', ...list] },
    write: (call) => {
      const args = Object.entries(call.arguments).map(([key, value]) => `${key}=${python(value)}`);
      return `<call>[${call.name}(${args.join(', ')})]</call>`;
    },
  },
} satisfies Record<string, Writer>;
