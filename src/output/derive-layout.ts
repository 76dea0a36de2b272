/** Finds out what a model writes around an answer by rendering one with its template. */
import { probe, type RenderProbe, renderAnswer, withoutThought } from './derive/probe.ts';
import { wholeTags } from './derive/tags.ts';
import type { AnswerLayout, ThinkingTags } from './types.ts';

/** Kimi-K3 closes its response and its message before the token that ends the turn. */
const maxCloses = 3;

/** undefined = nothing, or the template refuses. `tags`: of the thought that may stand before the answer. */
export function deriveLayout(render: RenderProbe, tags: ThinkingTags | undefined): AnswerLayout | undefined {
  const text = renderAnswer(render);
  if (text === undefined) return undefined;
  const [open = '', tail = ''] = withoutThought(text, tags).split(probe.answer);
  if (open.trimEnd().endsWith('<|message|>')) return { kind: 'messages', open: open.trimEnd() };
  if (open.trimStart() === 'all\n') return { kind: 'recipients', open: open.trimStart() };
  const isMark = open.trim() !== '' && wholeTags(open).join('') === open.replaceAll(/\s/g, '');
  const closes = wholeTags(tail).slice(0, maxCloses);
  return isMark && closes.length > 0 ? { kind: 'marks', open: open.trim(), closes } : undefined;
}
