/** The text around and behind calls: free, up to what begins another call. */
import type { QuietSpan } from '../../types/quiet-span.ts';
import { partialEnd } from '../../util/find-markers.ts';
import { type Scanner, type Step, scannerRules } from '../free-text.ts';
import type { Expression, RuleSet } from '../rule-set.ts';

export interface CallText {
  /** Texts that begin a call, or a block of them, wherever they stand. */
  readonly openers: readonly Opener[];
  /** Inside a block: texts that may stand around calls, and what follows the character that begins a call. */
  readonly block?: {
    readonly fillers: readonly string[];
    readonly first: string;
    readonly call: Expression;
  };
  readonly quiet?: QuietSpan | undefined;
}

export interface Opener {
  readonly text: string;
  /** The call behind the text; undefined = a block begins. */
  readonly call?: Expression;
}

/**
 * States, each with the part of a longer text that has come:
 * - `free`: up to an opener
 * - `quiet`: openers count for nothing, up to the end of the span
 * - `block`: only fillers and white space have come since an opener or a call
 */
type Mode = 'free' | 'quiet' | 'block';

const stateOf = (mode: Mode, part = ''): string => `${mode} ${part}`;

/** What may follow a call: more calls, free text, or nothing. */
export function afterCall(rules: RuleSet, text: CallText): Expression {
  const start = text.block !== undefined ? 'block' : text.quiet?.holdsArguments === true ? 'quiet' : 'free';
  return scannerRules(rules, { ...callScanner(text), start: stateOf(start) }, 'after-call');
}

function callScanner({ openers, block, quiet }: CallText): Omit<Scanner, 'start'> {
  // A span that can only come first is over when there are calls.
  const { opens, closes } = quiet === undefined || quiet.isLeading === true ? noQuiet : quiet;
  const marks = [...openers.map((opener) => opener.text), ...opens];
  const fillers = block === undefined ? [] : [...new Set([...block.fillers, ' ', '\t', '\r', '\n'])];
  const afterOpened: Mode = quiet?.holdsArguments === true ? 'quiet' : 'free';

  /** `text`: what has come of an opener, the next character included. */
  const free = (text: string): Step => {
    const opener = openers.find((each) => text.endsWith(each.text));
    if (opener !== undefined) {
      return opener.call === undefined
        ? { to: stateOf('block') }
        : { behind: opener.call, to: stateOf(afterOpened) };
    }
    if (opens.some((open) => text.endsWith(open))) return { to: stateOf('quiet') };
    return { to: stateOf('free', partialEnd(text, marks)) };
  };

  const inBlock = (part: string, char: string): Step => {
    if (part === '' && char === block?.first) return { behind: block.call, to: stateOf('block') };
    const text = part + char;
    if (fillers.some((filler) => filler.length > text.length && filler.startsWith(text)))
      return { to: stateOf('block', text) };
    if (fillers.includes(text)) return { to: stateOf('block') };
    // A filler that might have become a longer one, and did not.
    return part !== '' && fillers.includes(part) ? inBlock('', char) : free(text);
  };

  return {
    alphabet: [...marks, ...closes, ...fillers, block?.first ?? ''].join(''),
    mayEnd: () => true,
    step(state, char) {
      const mode = state.slice(0, state.indexOf(' '));
      const part = state.slice(mode.length + 1);
      if (mode === 'block') return char === '' ? { to: stateOf('free') } : inBlock(part, char);
      if (mode === 'free') return char === '' ? { to: stateOf('free') } : free(part + char);
      if (char === '') return { to: stateOf('quiet') };
      const isOver = closes.some((close) => (part + char).endsWith(close));
      return { to: isOver ? stateOf('free') : stateOf('quiet', partialEnd(part + char, closes)) };
    },
  };
}

const noQuiet: Pick<QuietSpan, 'opens' | 'closes'> = { opens: [], closes: [] };
