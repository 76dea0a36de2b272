/** Rendering of conversations, where it goes beyond the families of reference.test.ts. */
import { describe, expect, test } from 'vitest';
import type { Message } from '../../types/message.ts';
import { collate } from './collate.ts';
import { renderGoTemplate } from './render.ts';
import { parseGoTemplate } from './template.ts';

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });
const system = (content: string): Message => ({ role: 'system', content });

function render(source: string, messages: readonly Message[]): string {
  return renderGoTemplate(parseGoTemplate(source), { messages });
}

describe('templates of one exchange', () => {
  const full = '[{{ .System }}|{{ .Prompt }}|{{ .Response }}]\n';

  test.each([
    [[user('a')], '[|a|'],
    [[system('s'), user('a'), assistant('b'), user('c')], '[s|a|b]\n[|c|'],
    [[user('a'), assistant('b')], '[|a|b'],
    [[user('a'), system('s'), user('c')], '[|a|]\n[s|c|'],
    [[assistant('b'), user('c')], '[||b]\n[|c|'],
    [[], '[||'],
    [[user('a'), { role: 'tool', content: 't' }, user('c')], '[|c|'],
  ])('case %#', (messages, expected) => {
    expect(render(full, messages)).toBe(expected);
  });

  test.each([
    ['{{ .Prompt }} ', 'q '],
    ['{{ if .Prompt }}{{ .Prompt }} {{ end }}{{ .Response }}<end>', 'q '],
    ['{{ .Prompt }}{{ if .Response }}<a>{{ .Response }}</a>{{ end }}<end>', 'q'],
    ['{{ .Prompt }}{{ if .System }}x{{ else }}<a>{{ .Response }}</a>{{ end }}<end>', 'q<a>'],
    ['{{ .Prompt }}{{ if true }}{{ .Response }}x{{ else }}y{{ end }}z', 'q'],
    ['{{ .Prompt }}<{{ printf "%s%s" .Response "tail" }}>', 'q<%!s(MISSING)'],
    ['{{ .Prompt }}<{{ .Response | print }}>', 'q<'],
    ['{{ .Prompt }}<{{ $.Response }}>', 'q<'],
    ['{{ .Prompt }}{{ range 3 }}{{ . }}{{ $.Response }}!{{ end }}', 'q012'],
  ])('%s ends where the answer begins', (source, expected) => {
    expect(render(source, [user('q')])).toBe(expected);
  });

  test('`$`-variables and functions work in the cut copy, too', () => {
    const source =
      '{{ define "q" }}<{{ . }}>{{ end }}{{ $p := json .Prompt }}{{ template "q" $p }}{{ .Response }}';
    expect(render(source, [user('a"b')])).toBe('<"a\\"b">');
  });
});

describe('merging neighbours', () => {
  test('joins contents with an empty line', () => {
    const { messages, system: text } = collate([system('1'), system('2'), user('a'), user(''), user('b')]);
    expect(messages).toMatchObject([{ content: '1\n\n2' }, { content: 'a\n\n\n\nb' }]);
    expect(text).toBe('1\n\n2');
  });

  test('keeps tool results apart', () => {
    const results: Message[] = [
      { role: 'tool', content: '1', toolName: 'a' },
      { role: 'tool', content: '2', toolName: 'b' },
    ];
    expect(collate(results).messages).toEqual(results);
  });

  test('keeps the calls, images and thoughts of the later message', () => {
    const call = { name: 'f', arguments: {} };
    const image = new Uint8Array([1]);
    const { messages } = collate([
      { role: 'assistant', content: 'Let me see.', thinking: 'x' },
      { role: 'assistant', content: '', toolCalls: [call], thinking: 'y' },
      { role: 'user', content: 'look', images: [image] },
      { role: 'user', content: 'and here', images: [image] },
    ]);
    expect(messages).toMatchObject([
      { content: 'Let me see.', toolCalls: [call], thinking: 'x\n\ny' },
      { content: 'look\n\nand here', images: [image, image] },
    ]);
  });

  test('leaves its input alone', () => {
    const input = [user('a'), user('b')];
    collate(input);
    expect(input).toEqual([user('a'), user('b')]);
  });
});

test('fields of messages that Ollama knows are there, others are an error', () => {
  const all =
    '{{ range .Messages }}{{ .Role }}{{ .Content }}{{ .Thinking }}{{ .Images }}{{ .ToolCalls }}{{ .ToolName }}{{ .ToolCallID }}{{ end }}';
  expect(render(all, [user('x')])).toBe('userx[][]');
  expect(() => render('{{ range .Messages }}{{ .Nope }}{{ end }}', [user('x')])).toThrow(
    "can't evaluate field Nope in type template.Message",
  );
});

test('the date can be given', () => {
  const template = parseGoTemplate('{{ currentDate }} {{ yesterdayDate }}{{ .Messages }}');
  const now = new Date(2024, 0, 1, 0, 30);
  expect(renderGoTemplate(template, { messages: [] }, { now })).toBe('2024-01-01 2023-12-31[]');
});
