/** Finds out how a model writes tool calls by rendering a probe with its template and looking at what came out. */
import type { ToolCallFormat } from '../types/tool-call-format.ts';
import { describeElements } from './derive/elements.ts';
import { describeJson } from './derive/json.ts';
import { describeNamed } from './derive/named.ts';
import {
  probe,
  probeArguments,
  probeTools,
  type RenderProbe,
  renderCalls,
  sortsArguments,
  withoutThought,
} from './derive/probe.ts';
import { describePython } from './derive/python.ts';
import { describeTagged } from './derive/tagged.ts';
import { createToolCallParser } from './tool-calls.ts';
import type { AnswerLayout, ThinkingTags } from './types.ts';

export type { RenderProbe } from './derive/probe.ts';

/** In this order: what looks like the first is not looked at as the others. */
const kinds = [describeJson, describeNamed, describePython, describeElements, describeTagged];

/**
 * undefined = the template shows no calls, or in a way that is not understood. `tags`: of the thought that may stand
 * before calls; `layout`: what stands around answers, and so around calls too.
 */
export function deriveToolCallFormat(
  render: RenderProbe,
  tags?: ThinkingTags,
  layout?: AnswerLayout,
): ToolCallFormat | undefined {
  for (const count of [2, 1]) {
    const rendered = renderCalls(render, count);
    if (rendered === undefined) continue;
    const thoughtless = withoutThought(rendered, tags);
    // An empty answer may stand before the calls.
    const text =
      layout?.kind === 'marks'
        ? thoughtless.replace(layout.open + (layout.closes[0] ?? ''), '')
        : thoughtless;
    const format = describe(text, count) ?? describe(withoutHeaders(text, layout), count);
    if (format !== undefined) return sortsArguments(render) ? { ...format, isSorted: true } : format;
  }
  return undefined;
}

/** Where calls are written into messages, the parser of messages has taken the headers off before. */
function withoutHeaders(text: string, layout: AnswerLayout | undefined): string {
  // The prompt has written what stands before every later call.
  if (layout?.kind === 'recipients') return `>>>${text}`;
  if (layout?.kind !== 'messages') return text;
  return text.replaceAll(/(?:<\|start\|>\w+)?(?:\s*to=[^\s<]+)?<\|message\|>|<\|(?:end|eom|eot)\|>/g, '');
}

function describe(text: string, count: number): ToolCallFormat | undefined {
  // Some objects hold the arguments before the name.
  const positions =
    namePositions(text, count) ?? probe.names.slice(0, count).map((name) => text.lastIndexOf(name));
  for (const describeKind of kinds) {
    const format = describeKind(text, positions);
    if (format !== undefined && isRight(format, text, count)) return format;
  }
  return undefined;
}

/** Where each name stands before the probe's values: the last places, for the names may have been told before. */
function namePositions(text: string, count: number): readonly number[] | undefined {
  const positions: number[] = [];
  let before = text.length;
  for (const name of probe.names.slice(0, count).reverse()) {
    const value = text.lastIndexOf(probe.values[0], before);
    const position = value < 0 ? -1 : text.lastIndexOf(name, value);
    if (position < 0) return undefined;
    positions.unshift(position);
    before = position;
  }
  return positions;
}

/** Holds the format against the probe: it contains none of the probe's words, and gives the probe's calls back. */
function isRight(format: ToolCallFormat, text: string, count: number): boolean {
  if (JSON.stringify(format).includes('zq')) return false;
  const parser = createToolCallParser(format, probeTools);
  const pieces = [...parser.push(text), ...parser.end()];
  const found = pieces.flatMap((piece) => (piece.type === 'toolCall' ? [piece] : []));
  return (
    found.length === count &&
    found.every(({ name, arguments: args }, index) => {
      // Some templates make text of every value.
      const isSame = probe.keys.every((key) => `${args[key]}` === `${probeArguments[key]}`);
      return name === probe.names[index] && isSame && Object.keys(args).length === probe.keys.length;
    })
  );
}
