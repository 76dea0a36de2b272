/** What the `format` field demands of an answer, as a grammar. */
import { CriaError } from '../errors.ts';
import { recipientCalls, toolCallGrammar } from '../grammar/calls/index.ts';
import { jsonGrammar, schemaToGrammar } from '../grammar/index.ts';
import { afterThought } from '../grammar/thought.ts';
import type { AnswerFormat } from '../output/answer-parser.ts';
import { nextMessage } from '../output/channels.ts';
import { quietSpan } from '../output/quiet-span.ts';
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

/** What holds an answer to the format, or its tool calls to the tools where there is none. */
export function constrain(formatGbnf: string | undefined, answer: AnswerFormat): GrammarSpec | undefined {
  return formatGbnf === undefined ? constrainCalls(answer) : { gbnf: behindThought(formatGbnf, answer) };
}

/** Holds tool calls to the declared tools, from where the model begins one; the rest of the answer is free. */
function constrainCalls(answer: AnswerFormat): GrammarSpec | undefined {
  const { toolCallFormat, tools, layout } = answer;
  if (toolCallFormat === undefined) return undefined;
  const quiet = quietSpan(answer);
  const grammar =
    layout?.kind === 'recipients' ? recipientCalls(tools) : toolCallGrammar(toolCallFormat, tools, quiet);
  if (grammar === undefined) return undefined;
  // In the middle of a text, no call can begin without an opening text.
  const triggers = grammar.triggers.filter(({ atStart }) => atStart !== true || answer.start !== 'inContent');
  if (triggers.length === 0) return undefined;
  return {
    gbnf: grammar.gbnf,
    triggers: triggers.map((trigger) => ({ ...trigger, include: true })),
    ...(quiet === undefined ? {} : { quiet }),
  };
}

/** A thought may come first where the model thinks, and then what the model is used to open its answers with. */
function behindThought(gbnf: string, { thinkingTags, start, layout }: AnswerFormat): string {
  if (start === 'inContent') return gbnf;
  return afterThought(gbnf, {
    thought: thinkingTags && { ...thinkingTags, isOpen: start !== 'free' },
    header: layout && {
      text: layout.open,
      isOptional: layout.kind === 'marks',
      behindThought: layout.kind === 'messages' ? nextMessage : '',
    },
  });
}
