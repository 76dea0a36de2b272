/** The conversation as a state machine: what was typed → the next state and what is to be done. No terminal, no server. */

import type { Session } from './session.ts';
import { type Effect, runSlashCommand, systemSet } from './slash.ts';

export type ReplInput =
  /** `isPasted`: its end came from the clipboard, not from the Enter key. */
  | { readonly type: 'line'; readonly text: string; readonly isPasted: boolean }
  /** Ctrl-C; `hadText`: on a line that had something on it. */
  | { readonly type: 'interrupt'; readonly hadText: boolean }
  /** Ctrl-D, or the end of the input. */
  | { readonly type: 'end' };

/** Lines of something that is not complete yet, each with its line end. */
export interface Draft {
  readonly purpose: 'message' | 'system';
  readonly text: string;
  /** Begun with `"""`, so that only `"""` ends it; a pasted draft ends with the line that the user ends. */
  readonly isQuoted: boolean;
}

export interface ReplState {
  readonly session: Session;
  readonly draft: Draft | undefined;
}

export interface Step {
  readonly state: ReplState;
  readonly effects: readonly Effect[];
}

const quotes = '"""';

export function step(state: ReplState, input: ReplInput): Step {
  switch (input.type) {
    case 'end':
      return { state, effects: [{ type: 'exit' }] };
    case 'interrupt': {
      const isIdle = state.draft === undefined && !input.hadText;
      const hint: Effect = { type: 'print', text: 'Use Ctrl + d or /bye to exit.\n' };
      return { state: { ...state, draft: undefined }, effects: isIdle ? [hint] : [] };
    }
    case 'line':
      return state.draft === undefined
        ? firstLine(state.session, input.text, input.isPasted)
        : nextLine(state.session, state.draft, input.text, input.isPasted);
  }
}

/** True while lines are collected: the prompt shows it. */
export function isCollecting(state: ReplState): boolean {
  return state.draft !== undefined;
}

function firstLine(session: Session, text: string, isPasted: boolean): Step {
  if (text.startsWith(quotes)) {
    const quoted = text.slice(quotes.length);
    const closed = beforeQuotes(quoted);
    return closed === undefined
      ? collect(session, { purpose: 'message', text: `${quoted}\n`, isQuoted: true })
      : send(session, closed);
  }
  if (isPasted) return collect(session, { purpose: 'message', text: `${text}\n`, isQuoted: false });
  if (!text.startsWith('/')) return send(session, text);
  const { session: changed, effects, openSystem } = runSlashCommand(text, session);
  const draft: Draft | undefined =
    openSystem === undefined ? undefined : { purpose: 'system', text: openSystem, isQuoted: true };
  return { state: { session: changed, draft }, effects };
}

function nextLine(session: Session, draft: Draft, text: string, isPasted: boolean): Step {
  const end = draft.isQuoted ? beforeQuotes(text) : isPasted ? undefined : text;
  if (end === undefined) return collect(session, { ...draft, text: `${draft.text}${text}\n` });
  const whole = draft.text + end;
  if (draft.purpose === 'message') return send(session, whole);
  const outcome = systemSet(whole, session);
  return { state: { session: outcome.session, draft: undefined }, effects: outcome.effects };
}

/** What stands before the closing quotes at the end of a line; undefined where there are none. */
function beforeQuotes(text: string): string | undefined {
  const trimmed = text.trimEnd();
  return trimmed.endsWith(quotes) ? trimmed.slice(0, -quotes.length) : undefined;
}

function collect(session: Session, draft: Draft): Step {
  return { state: { session, draft }, effects: [] };
}

/** Nothing is sent for nothing. */
function send(session: Session, text: string): Step {
  return {
    state: { session, draft: undefined },
    effects: text.trim() === '' ? [] : [{ type: 'send', text }],
  };
}
