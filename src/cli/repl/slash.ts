/** Commands of the conversation: a line that begins with `/` → what becomes of the session, and what is to be done. */
import { CriaError } from '../../errors.ts';
import { convertParameter } from '../../modelfile/index.ts';
import { findMediaPaths } from '../run/file-paths.ts';
import { parseThink } from '../run/flags.ts';
import {
  helpText,
  mediaHelpText,
  parameterHelpText,
  setHelpText,
  shortcutsHelpText,
  showHelpText,
} from './help.ts';
import { cleared, type Session, withSystem } from './session.ts';

export const showTopics = ['info', 'license', 'modelfile', 'parameters', 'system', 'template'] as const;

export type ShowTopic = (typeof showTopics)[number];

/** What the session cannot do by itself. */
export type Effect =
  /** Text for standard output, with its line ends. */
  | { readonly type: 'print'; readonly text: string }
  /** A turn of the user. */
  | { readonly type: 'send'; readonly text: string }
  | { readonly type: 'show'; readonly topic: ShowTopic }
  | { readonly type: 'load'; readonly model: string }
  | { readonly type: 'save'; readonly model: string }
  | { readonly type: 'list'; readonly prefix: string }
  | { readonly type: 'history'; readonly isEnabled: boolean }
  | { readonly type: 'exit' };

export interface Outcome {
  readonly session: Session;
  readonly effects: readonly Effect[];
  /** Beginning of a quoted system message that goes on in the next lines. */
  readonly openSystem?: string;
}

/** `line` begins with `/`. */
export function runSlashCommand(line: string, session: Session): Outcome {
  const [name = '', ...args] = line.trim().split(/\s+/);
  switch (name) {
    case '/set':
      return set(args, line, session);
    case '/show':
      return { session, effects: [show(args[0])] };
    case '/load':
      return { session, effects: [oneModel('load', args)] };
    case '/save':
      return { session, effects: [oneModel('save', args)] };
    case '/clear':
      return { session: cleared(session), effects: [print('Cleared session context\n')] };
    case '/list':
    case '/ls':
      return { session, effects: [{ type: 'list', prefix: args[0] ?? '' }] };
    case '/?':
    case '/help':
      return { session, effects: [print(help(args[0], session))] };
    case '/bye':
    case '/exit':
      return { session, effects: [{ type: 'exit' }] };
  }
  // `/tmp/cat.png What is this?` is a question, not a command.
  const isFile =
    session.traits.acceptsMedia && findMediaPaths(line).some(({ text }) => line.trimStart().startsWith(text));
  return { session, effects: [isFile ? { type: 'send', text: line } : unknownCommand(name)] };
}

function set([what, ...args]: readonly string[], line: string, session: Session): Outcome {
  const confirm = (change: Partial<Session>, text: string): Outcome => ({
    session: { ...session, ...change },
    effects: [print(text)],
  });
  switch (what) {
    case undefined:
      return confirm({}, setHelpText);
    case 'parameter':
      return setParameter(args[0], valuesIn(textAfter(line, 3)), session);
    case 'system':
      return setSystem(textAfter(line, 2), session);
    case 'history':
    case 'nohistory':
      return {
        session,
        effects: [{ type: 'history', isEnabled: what === 'history' }, print(`Set '${what}' mode.\n`)],
      };
    case 'wordwrap':
    case 'nowordwrap':
      return confirm({ isWordWrap: what === 'wordwrap' }, `Set '${what}' mode.\n`);
    case 'verbose':
    case 'quiet':
      return confirm({ isVerbose: what === 'verbose' }, `Set '${what}' mode.\n`);
    case 'format':
      return args[0] === 'json'
        ? confirm({ format: 'json' }, "Set format to 'json' mode.\n")
        : confirm({}, "Invalid or missing format. For 'json' mode use '/set format json'\n");
    case 'noformat':
      return confirm({ format: undefined }, 'Disabled format.\n');
    case 'think':
      return setThink(args[0], session);
    case 'nothink':
      return confirm({ think: false }, "Set 'nothink' mode.\n");
    default:
      return confirm({}, `Unknown command '/set ${what}'. Type /? for help\n`);
  }
}

/** What follows the first `words` words, with the blanks in it. */
function textAfter(line: string, words: number): string {
  return line.trim().replace(new RegExp(`^(?:\\S+\\s*){0,${words}}`), '');
}

/** Parted at blanks, but for those within double quotes, which are not part of the value. */
function valuesIn(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"(?!\S)|\S+/g)].map(([value, quoted]) => quoted ?? value);
}

function setParameter(name: string | undefined, values: readonly string[], session: Session): Outcome {
  if (name === undefined || values.length === 0) return { session, effects: [print(parameterHelpText)] };
  try {
    const options = { ...session.options, [name]: convertParameter(name, values) };
    const text = `Set parameter '${name}' to '${values.join(', ')}'\n`;
    return { session: { ...session, options }, effects: [print(text)] };
  } catch (error) {
    if (!(error instanceof CriaError)) throw error;
    return { session, effects: [print(`Couldn't set parameter: ${JSON.stringify(error.message)}\n`)] };
  }
}

function setSystem(text: string, session: Session): Outcome {
  if (text === '') return { session, effects: [print(setHelpText)] };
  if (!text.startsWith('"""')) return systemSet(text, session);
  const quoted = text.slice(3);
  if (!quoted.endsWith('"""')) return { session, effects: [], openSystem: `${quoted}\n` };
  return systemSet(quoted.slice(0, -3), session);
}

/** Also the end of a quoted system message. */
export function systemSet(text: string, session: Session): Outcome {
  return { session: withSystem(session, text), effects: [print('Set system message.\n')] };
}

function setThink(level: string | undefined, session: Session): Outcome {
  try {
    const think = parseThink(level ?? 'true');
    const text = level === undefined ? "Set 'think' mode.\n" : `Set 'think' mode to '${level}'.\n`;
    const warning = session.traits.canThink
      ? ''
      : `warning: model "${session.model}" does not support thinking output\n`;
    return { session: { ...session, think }, effects: [print(warning + text)] };
  } catch {
    const text = `Unknown level '${level}'. Use high, medium, low or max\n`;
    return { session, effects: [print(text)] };
  }
}

function show(what: string | undefined): Effect {
  if (what === undefined) return print(showHelpText);
  const topic = showTopics.find((known) => known === what);
  if (topic === undefined) return print(`Unknown command '/show ${what}'. Type /? for help\n`);
  return { type: 'show', topic };
}

function oneModel(type: 'load' | 'save', args: readonly string[]): Effect {
  const [model] = args;
  if (model === undefined || args.length > 1) return print(`Usage:\n  /${type} <model>\n`);
  return { type, model };
}

function help(topic: string | undefined, session: Session): string {
  switch (topic?.replace(/^\//, '')) {
    case 'set':
      return setHelpText;
    case 'show':
      return showHelpText;
    case 'shortcut':
    case 'shortcuts':
      return shortcutsHelpText;
    default:
      return session.traits.acceptsMedia ? helpText + mediaHelpText : helpText;
  }
}

function unknownCommand(name: string): Effect {
  return print(`Unknown command '${name}'. Type /? for help\n`);
}

function print(text: string): Effect {
  return { type: 'print', text };
}
