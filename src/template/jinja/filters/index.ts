/**
 * All filters by name: jinja2's, with the `tojson` of transformers, and `from_json`, which templates made for llama.cpp use.
 * Left out, since no chat template has a use for them: pprint, random, urlize, wordwrap.
 */
import type { Filter } from '../runtime.ts';
import { numberFilters } from './numbers.ts';
import { selectionFilters } from './selection.ts';
import { sequenceFilters } from './sequences.ts';
import { sortingFilters } from './sorting.ts';
import { textFilters } from './text.ts';
import { webFilters } from './web.ts';

export const filters: ReadonlyMap<string, Filter> = new Map([
  ...textFilters,
  ...webFilters,
  ...numberFilters,
  ...sequenceFilters,
  ...sortingFilters,
  ...selectionFilters,
]);
