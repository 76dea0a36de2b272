/** The texts around a thought, as a Jinja template shows them. */
import type { ThinkingTags } from '../output/types.ts';

/** Pairs that models are trained on. */
const known: readonly ThinkingTags[] = [
  { open: '<think>', close: '</think>' },
  { open: '[THINK]', close: '[/THINK]' },
  { open: '<seed:think>', close: '</seed:think>' },
  { open: '<|START_THINKING|>', close: '<|END_THINKING|>' },
];

/** The closing text decides: templates that only cut old thoughts away never write the opening one. */
export function thinkingTagsOf(source: string): ThinkingTags | undefined {
  return known.find((tags) => source.includes(tags.close));
}
