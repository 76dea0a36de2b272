import { describe, expect, it } from 'vitest';
import { unknownTraits } from '../run/model-traits.ts';
import { emptySession } from '../testdata/session.ts';
import { helpText, parameterHelpText, setHelpText, shortcutsHelpText, showHelpText } from './help.ts';
import { isCollecting, type ReplInput, type ReplState, step } from './machine.ts';
import type { Session } from './session.ts';
import type { Effect } from './slash.ts';

const session: Session = { ...emptySession, traits: { ...unknownTraits, canThink: true } };

function line(text: string, isPasted = false): ReplInput {
  return { type: 'line', text, isPasted };
}

function pasted(text: string): ReplInput {
  return line(text, true);
}

/** All effects of a row of inputs, and the state at the end. */
function play(
  inputs: readonly ReplInput[],
  start: Session = session,
): { state: ReplState; effects: Effect[] } {
  let state: ReplState = { session: start, draft: undefined };
  const effects: Effect[] = [];
  for (const input of inputs) {
    const next = step(state, input);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

function send(text: string): Effect {
  return { type: 'send', text };
}

function print(text: string): Effect {
  return { type: 'print', text };
}

describe('what is sent', () => {
  it.each<[string, ReplInput[], Effect[]]>([
    ['a line', [line('Hi')], [send('Hi')]],
    ['space around it', [line('  Hi ')], [send('  Hi ')]],
    ['nothing', [line(''), line('  ')], []],
    ['quotes inside', [line('say """x""" now')], [send('say """x""" now')]],
    ['quoted in one line', [line('"""Hi"""')], [send('Hi')]],
    ['quoted nothing', [line('""""""')], []],
    ['quoted lines', [line('"""a'), line(''), line('b"""')], [send('a\n\nb')]],
    ['quotes on lines of their own', [line('"""'), line('a'), line('"""')], [send('\na\n')]],
    ['commands within quotes', [line('"""'), line('/bye"""')], [send('\n/bye')]],
    ['space after the closing quotes', [line('"""a'), line('b""" ')], [send('a\nb')]],
    ['pasted lines, ended by Enter', [pasted('a'), pasted('b'), line('c')], [send('a\nb\nc')]],
    ['pasted lines, ended by Enter alone', [pasted('a'), line('')], [send('a\n')]],
    ['a pasted command is text', [pasted('/bye'), line('')], [send('/bye\n')]],
    ['pasted quotes', [pasted('"""a'), pasted('b"""'), line('c')], [send('a\nb'), send('c')]],
    ['two turns', [line('a'), line('b')], [send('a'), send('b')]],
  ])('%s', (_name, inputs, effects) => {
    const result = play(inputs);
    expect(result.effects).toEqual(effects);
    expect(isCollecting(result.state)).toBe(false);
  });

  it.each<[string, ReplInput[]]>([
    ['open quotes', [line('"""a')]],
    ['open system quotes', [line('/set system """a')]],
    ['pasted lines', [pasted('a')]],
  ])('%s wait for more', (_name, inputs) => {
    const { state, effects } = play(inputs);
    expect(isCollecting(state)).toBe(true);
    expect(effects).toEqual([]);
    const interrupted = play([...inputs, { type: 'interrupt', hadText: false }, line('b')]);
    expect(interrupted.effects).toEqual([send('b')]);
  });
});

describe('keys', () => {
  it('Ctrl-C on an empty line says how to leave', () => {
    const hint = [print('Use Ctrl + d or /bye to exit.\n')];
    expect(play([{ type: 'interrupt', hadText: false }]).effects).toEqual(hint);
    expect(play([{ type: 'interrupt', hadText: true }]).effects).toEqual([]);
  });

  it('Ctrl-D leaves', () => {
    expect(play([{ type: 'end' }]).effects).toEqual([{ type: 'exit' }]);
  });
});

describe('slash commands', () => {
  it.each<[string, Effect]>([
    ['/bye', { type: 'exit' }],
    ['/exit', { type: 'exit' }],
    ['/list', { type: 'list', prefix: '' }],
    ['/list lla', { type: 'list', prefix: 'lla' }],
    ['/load llama3', { type: 'load', model: 'llama3' }],
    ['/load', print('Usage:\n  /load <model>\n')],
    ['/load a b', print('Usage:\n  /load <model>\n')],
    ['/save mine', { type: 'save', model: 'mine' }],
    ['/save', print('Usage:\n  /save <model>\n')],
    ['/show info', { type: 'show', topic: 'info' }],
    ['/show template ', { type: 'show', topic: 'template' }],
    ['/show', print(showHelpText)],
    ['/show nonsense', print("Unknown command '/show nonsense'. Type /? for help\n")],
    ['/?', print(helpText)],
    ['/help', print(helpText)],
    ['/? set', print(setHelpText)],
    ['/? /show', print(showHelpText)],
    ['/help shortcuts', print(shortcutsHelpText)],
    ['/set', print(setHelpText)],
    ['/set nonsense', print("Unknown command '/set nonsense'. Type /? for help\n")],
    ['/set parameter', print(parameterHelpText)],
    ['/set parameter top_k', print(parameterHelpText)],
    ['/set parameter top_k x', print('Couldn\'t set parameter: "invalid int value [x]"\n')],
    ['/set parameter nonsense 1', print("Couldn't set parameter: \"unknown parameter 'nonsense'\"\n")],
    ['/set system', print(setHelpText)],
    ['/set format', print("Invalid or missing format. For 'json' mode use '/set format json'\n")],
    ['/set format yaml', print("Invalid or missing format. For 'json' mode use '/set format json'\n")],
    ['/set think very', print("Unknown level 'very'. Use high, medium, low or max\n")],
    ['/nonsense', print("Unknown command '/nonsense'. Type /? for help\n")],
    ['/byebye', print("Unknown command '/byebye'. Type /? for help\n")],
    ['/ bye', print("Unknown command '/'. Type /? for help\n")],
    ['/tmp/a.png', print("Unknown command '/tmp/a.png'. Type /? for help\n")],
  ])('%s', (text, effect) => {
    const { state, effects } = play([line(text)]);
    expect(effects).toEqual([effect]);
    expect(state.session).toEqual(session);
  });

  it.each<[string, Partial<Session>, string]>([
    ['/set parameter top_k 3', { options: { top_k: 3 } }, "Set parameter 'top_k' to '3'\n"],
    [
      '/set parameter stop "a b" c" "',
      { options: { stop: ['a b', 'c"', '"'] } },
      "Set parameter 'stop' to 'a b, c\", \"'\n",
    ],
    ['/set parameter stop a b', { options: { stop: ['a', 'b'] } }, "Set parameter 'stop' to 'a, b'\n"],
    ['/set wordwrap', { isWordWrap: true }, "Set 'wordwrap' mode.\n"],
    ['/set nowordwrap', { isWordWrap: false }, "Set 'nowordwrap' mode.\n"],
    ['/set verbose', { isVerbose: true }, "Set 'verbose' mode.\n"],
    ['/set quiet', { isVerbose: false }, "Set 'quiet' mode.\n"],
    ['/set format json', { format: 'json' }, "Set format to 'json' mode.\n"],
    ['/set noformat', { format: undefined }, 'Disabled format.\n'],
    ['/set think', { think: true }, "Set 'think' mode.\n"],
    ['/set think low', { think: 'low' }, "Set 'think' mode to 'low'.\n"],
    ['/set nothink', { think: false }, "Set 'nothink' mode.\n"],
    ['/clear', { messages: [] }, 'Cleared session context\n'],
  ])('%s changes the session', (text, change, confirmation) => {
    const start: Session = { ...session, messages: [{ role: 'user', content: 'a' }] };
    const { state, effects } = play([line(text)], start);
    expect(effects).toEqual([print(confirmation)]);
    expect(state.session).toEqual({ ...start, ...change });
  });

  it('/set think warns where it is of no use', () => {
    const { effects } = play([line('/set think')], { ...session, traits: unknownTraits });
    const warning = 'warning: model "m" does not support thinking output\n';
    expect(effects).toEqual([print(`${warning}Set 'think' mode.\n`)]);
  });

  it.each([
    ['history', true],
    ['nohistory', false],
  ])('/set %s', (mode, isEnabled) => {
    expect(play([line(`/set ${mode}`)]).effects).toEqual([
      { type: 'history', isEnabled },
      print(`Set '${mode}' mode.\n`),
    ]);
  });

  it.each<[string, ReplInput[], string]>([
    ['bare', [line('/set system  Be  kind. ')], 'Be  kind.'],
    ['quoted', [line('/set system """Be kind."""')], 'Be kind.'],
    ['over lines', [line('/set system """Be'), line('/bye'), line('kind."""')], 'Be\n/bye\nkind.'],
  ])('/set system: %s', (_name, inputs, system) => {
    const { state, effects } = play(inputs);
    expect(effects).toEqual([print('Set system message.\n')]);
    expect(state).toEqual({
      session: { ...session, system, messages: [{ role: 'system', content: system }] },
      draft: undefined,
    });
  });

  it('/set system twice leaves the second; /clear keeps it', () => {
    const { state } = play([line('/set system a'), line('/set system b'), line('/clear')]);
    expect(state.session).toMatchObject({ system: 'b', messages: [{ role: 'system', content: 'b' }] });
  });

  it('takes a path for a question when the model can see', () => {
    const seeing = { ...session, traits: { ...unknownTraits, acceptsMedia: true } };
    const text = '/tmp/a\\ b.png What is this?';
    expect(play([line(text)], seeing).effects).toEqual([send(text)]);
    expect(play([line('/nonsense /tmp/a.png')], seeing).effects).toEqual([
      print("Unknown command '/nonsense'. Type /? for help\n"),
    ]);
  });
});
