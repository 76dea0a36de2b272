/** What the `format` field demands of an answer, as a grammar. */
import { CriaError } from '../errors.ts';
import { jsonGrammar, schemaToGrammar } from '../grammar/index.ts';
import { afterThought } from '../grammar/thought.ts';
import { toolCallGrammar } from '../grammar/tool-calls.ts';
import type { ThinkingTags } from '../output/types.ts';
import type { GrammarSpec } from '../protocol/messages.ts';
import type { JsonValue } from '../types/json.ts';
import type { Tool } from '../types/message.ts';
import type { ToolCallFormat } from '../types/tool-call-format.ts';

/**
 * `"json"`, a JSON Schema, or `{"type": "gbnf", "grammar": "…"}`; undefined = no constraint. Throws `bad_format` for anything else
 * and `unsupported_schema` for a schema that cannot be kept.
 */
export function formatGrammar(format: JsonValue | undefined): string | undefined {
  if (format === undefined || format === null || format === '') return undefined;
  if (format === 'json') return jsonGrammar();
  if (typeof format !== 'object' || Array.isArray(format)) {
    const shown = JSON.stringify(JSON.stringify(format));
    throw new CriaError(
      'bad_format',
      `invalid format: ${shown}; expected "json" or a valid JSON Schema object`,
    );
  }
  if (format.type !== 'gbnf') return schemaToGrammar(format);
  if (typeof format.grammar === 'string') return format.grammar;
  throw new CriaError('bad_request', 'format of type "gbnf" needs its text in "grammar"');
}

/** Holds tool calls to the declared tools, from where the model begins one; the rest of the answer is free. */
export function constrainCalls(
  format: ToolCallFormat | undefined,
  tools: readonly Tool[],
): GrammarSpec | undefined {
  const grammar = format === undefined ? undefined : toolCallGrammar(format, tools);
  if (grammar === undefined) return undefined;
  return { gbnf: grammar.gbnf, triggers: [{ text: grammar.trigger, include: true }] };
}

/** The grammar for one prompt: a thought may come first where the model thinks. */
export function constrain(
  gbnf: string | undefined,
  tags: ThinkingTags | undefined,
  prompt: string,
): GrammarSpec | undefined {
  if (gbnf === undefined) return undefined;
  if (tags === undefined) return { gbnf };
  return { gbnf: afterThought(gbnf, { ...tags, isOpen: prompt.trimEnd().endsWith(tags.open) }) };
}
