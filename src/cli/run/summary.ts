/** Counts, times and rates of an answer, for `--verbose`. */
import { goDuration } from '../format/time.ts';
import type { AnswerEnd } from './show-answer.ts';

const labelColumns = 21;

/** One line each; what the server left out (because it is 0) is left out here. */
export function summaryText(end: AnswerEnd): string {
  const lines = [
    duration('total duration', end.total_duration),
    duration('load duration', end.load_duration),
    count('prompt eval count', end.prompt_eval_count),
    duration('prompt eval duration', end.prompt_eval_duration),
    rate('prompt eval rate', end.prompt_eval_count, end.prompt_eval_duration),
    count('eval count', end.eval_count),
    duration('eval duration', end.eval_duration),
    rate('eval rate', end.eval_count, end.eval_duration),
  ];
  return lines.join('');
}

/** A sentence about a prompt that did not fit; '' for one that did. */
export function truncationNotice(end: AnswerEnd | undefined): string {
  const cut = end?.prompt_truncated;
  if (cut === undefined) return '';
  return `The prompt did not fit the context: ${cut.kept_tokens} of its ${cut.original_tokens} tokens were used.`;
}

function duration(label: string, ns: number | undefined): string {
  return ns === undefined ? '' : line(label, goDuration(ns));
}

function count(label: string, tokens: number | undefined): string {
  return tokens === undefined ? '' : line(label, `${tokens} token(s)`);
}

function rate(label: string, tokens: number | undefined, ns: number | undefined): string {
  return tokens === undefined || ns === undefined
    ? ''
    : line(label, `${(tokens / (ns / 1e9)).toFixed(2)} tokens/s`);
}

function line(label: string, value: string): string {
  return `${`${label}:`.padEnd(labelColumns)} ${value}\n`;
}
