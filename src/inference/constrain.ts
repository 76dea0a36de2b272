/** What the `format` field demands of an answer, as a grammar. */
import { CriaError } from '../errors.ts';
import { jsonGrammar, schemaToGrammar } from '../grammar/index.ts';
import { afterThought } from '../grammar/thought.ts';
import type { ThinkingTags } from '../output/types.ts';
import type { GrammarSpec } from '../protocol/messages.ts';
import type { JsonValue } from '../types/json.ts';

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
