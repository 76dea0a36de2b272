/** Reading one tool call at the start of a text, a scanner for each way of writing calls. */
import type { Tool } from '../../types/message.ts';
import type { ToolCallFormat } from '../../types/tool-call-format.ts';
import { elementsScanner } from './elements-call.ts';
import { jsonScanner } from './json-call.ts';
import { namedScanner } from './named-call.ts';
import { pythonScanner } from './python-call.ts';
import { taggedScanner } from './tagged-call.ts';
import type { CallScanner } from './types.ts';

export type { CallScanner, ScanResult } from './types.ts';

/** A scanner for one call; the text that it is given begins with no white space. */
export function createCallScanner(format: ToolCallFormat, tools: readonly Tool[]): CallScanner {
  switch (format.kind) {
    case 'json':
      return jsonScanner(format, tools);
    case 'named':
      return namedScanner(format);
    case 'tagged':
      return taggedScanner(format, tools);
    case 'elements':
      return elementsScanner(format, tools);
    case 'python':
      return pythonScanner(tools);
  }
}
