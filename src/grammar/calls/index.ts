/** Grammars of tool calls as the model writes them: declared names only, arguments by each tool's schema. */
import { isCriaError } from '../../errors.ts';
import type { Tool } from '../../types/message.ts';
import type { QuietSpan } from '../../types/quiet-span.ts';
import type { ToolCallFormat } from '../../types/tool-call-format.ts';
import { LruMap } from '../../util/lru.ts';
import { withSortedProperties } from './arguments.ts';
import { elementsCalls } from './elements.ts';
import { bareJsonCalls, jsonCalls } from './json.ts';
import { namedCalls, recipientCalls } from './named.ts';
import { barePythonCalls, pythonCalls } from './python.ts';
import { taggedCalls } from './tagged.ts';

/** The grammar begins with any of its triggers. */
export interface ToolCallGrammar {
  readonly gbnf: string;
  readonly triggers: readonly CallTrigger[];
}

export interface CallTrigger {
  readonly text: string;
  /** Begins a call only where nothing but white space has come before it. Default: anywhere. */
  readonly atStart?: boolean;
}

/**
 * Takes over where a call begins for certain, and lets everything else be written as it comes: text that the output parser does not
 * take for a call is free. undefined = there is no such place in this format; its calls are then free. A tool whose schema cannot be
 * kept may have any arguments. `quiet`: where openings of calls count for nothing.
 */
export function toolCallGrammar(
  format: ToolCallFormat,
  declared: readonly Tool[],
  quiet?: QuietSpan,
): ToolCallGrammar | undefined {
  if (declared.length === 0) return undefined;
  const key = JSON.stringify([format, declared, quiet]);
  const known = recentGrammars.get(key);
  if (known !== undefined) return known.grammar;
  const grammar = makeGrammar(format, declared, quiet);
  recentGrammars.set(key, { grammar });
  return grammar;
}

/** Clients send the same tools with every turn of a conversation. */
const recentGrammars = new LruMap<string, { readonly grammar: ToolCallGrammar | undefined }>(32);

function makeGrammar(
  format: ToolCallFormat,
  declared: readonly Tool[],
  quiet: QuietSpan | undefined,
): ToolCallGrammar | undefined {
  try {
    return grammarOf(format, format.isSorted === true ? withSortedProperties(declared) : declared, quiet);
  } catch (error) {
    // Too many tools for one grammar.
    if (isCriaError(error, 'unsupported_schema')) return undefined;
    throw error;
  }
}

function grammarOf(
  format: ToolCallFormat,
  tools: readonly Tool[],
  quiet: QuietSpan | undefined,
): ToolCallGrammar | undefined {
  switch (format.kind) {
    case 'json':
      return format.blockOpen === '' ? bareJsonCalls(format, tools) : jsonCalls(format, tools, quiet);
    case 'named':
      return namedCalls(format, tools, quiet);
    case 'tagged':
      return taggedCalls(format, tools, quiet);
    case 'elements':
      return elementsCalls(format, tools, quiet);
    case 'python':
      return format.blockOpen === '' ? barePythonCalls(format, tools) : pythonCalls(format, tools, quiet);
  }
}

export { recipientCalls };
