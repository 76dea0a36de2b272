/** Calls of models whose templates declare tools but never show a call: the words of the declaration tell the family. */
import type { ToolCallFormat } from '../types/tool-call-format.ts';

interface Told {
  /** Stands in the source of the template. */
  readonly sign: string;
  readonly format: ToolCallFormat;
}

const list = ['[', ']', ','];

/** What these models write is told in their cards. */
const families: readonly Told[] = [
  // LFM2: <|tool_call_start|>[name(key="value")]<|tool_call_end|>
  ...['<|tool_list_start|>', 'List of tools: ['].map(
    (sign): Told => ({
      sign,
      format: { kind: 'python', blockOpen: '<|tool_call_start|>', fillers: ['<|tool_call_end|>', ...list] },
    }),
  ),
  // Granite 3: <|tool_call|>[{"name": …, "arguments": …}]
  {
    sign: '<|tool_call|>',
    format: {
      kind: 'json',
      blockOpen: '<|tool_call|>',
      fillers: list,
      nameKey: 'name',
      argumentsKey: 'arguments',
      members: [
        { key: 'name', holds: 'name' },
        { key: 'arguments', holds: 'arguments' },
      ],
    },
  },
];

/** undefined = no known family. */
export function toldCallFormat(source: string): ToolCallFormat | undefined {
  return families.find(({ sign }) => source.includes(sign))?.format;
}
