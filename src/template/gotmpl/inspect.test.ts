/** What templates tell about their models. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inspectGoTemplate } from './inspect.ts';

function family(name: string): string {
  return readFileSync(new URL(`./testdata/families/${name}.gotmpl`, import.meta.url), 'utf8');
}

test.each([
  ['chatml', { usesTools: false, usesSuffix: false, usesThinking: false }],
  ['alpaca', { usesTools: false, usesSuffix: false, usesThinking: false }],
  ['qwen2.5-tools', { usesTools: true, usesThinking: false, toolCallTag: '<tool_call>' }],
  [
    'qwen3-thinking',
    {
      usesTools: true,
      usesThinking: true,
      thinkingTags: { open: '<think>', close: '</think>' },
      toolCallTag: '{',
    },
  ],
  ['llama3.1-tools', { usesTools: true, toolCallTag: '{' }],
  ['mistral-tools', { usesTools: true, toolCallTag: '[TOOL_CALLS] [' }],
  ['command-r-tools', { usesTools: true, toolCallTag: 'Action: ```json\n[' }],
  ['granite3-tools', { usesTools: true, toolCallTag: '<|tool_call|>[' }],
  [
    'deepseek-r1',
    { usesTools: false, thinkingTags: { open: '<think>', close: '</think>' }, toolCallTag: undefined },
  ],
  ['codellama-fim', { usesSuffix: true, usesTools: false }],
  ['starcoder-fim', { usesSuffix: true }],
])('%s', (name, expected) => {
  expect(inspectGoTemplate(family(name))).toMatchObject(expected);
});

describe('thinking tags', () => {
  const loop = (body: string): string => `{{ range .Messages }}${body}{{ end }}`;

  test.each([
    [
      'around the field',
      loop('{{ if .Thinking }}<a>{{ .Thinking }}</a>{{ end }}'),
      { open: '<a>', close: '</a>' },
    ],
    [
      'through a variable',
      '{{ range $i, $m := .Messages }}{{ with $m.Thinking }}{{ end }}{{ if $m.Thinking }}[t]{{ $m.Thinking }}[/t]{{ end }}{{ end }}',
      { open: '[t]', close: '[/t]' },
    ],
    [
      'of a slice of messages',
      '{{ range slice .Messages 1 }}{{ if .Thinking }}<a>{{ .Thinking }}</a>{{ end }}{{ end }}',
      { open: '<a>', close: '</a>' },
    ],
    [
      'the last occurrence',
      loop('{{ if 1 }}<a>{{ .Thinking }}</a>{{ else }}<b>{{ .Thinking }}</b>{{ end }}'),
      { open: '<b>', close: '</b>' },
    ],
    ['nothing behind', loop('{{ if .Thinking }}<a>{{ .Thinking }}{{ end }}'), undefined],
    ['nothing before', loop('{{ if .Thinking }}{{ .Thinking }}</a>{{ end }}'), undefined],
    [
      'another loop',
      '{{ range .Tools }}{{ if .Thinking }}<a>{{ .Thinking }}</a>{{ end }}{{ end }}',
      undefined,
    ],
    ['no loop', '<a>{{ .Thinking }}</a>', undefined],
  ])('%s', (_name, source, expected) => {
    expect(inspectGoTemplate(source).thinkingTags).toEqual(expected);
  });
});

describe('the tag before tool calls', () => {
  const calls = (body: string): string => `{{ .Tools }}{{ range .Messages }}${body}{{ end }}`;

  test.each([
    ['cut at a brace', calls('{{ if .ToolCalls }}<call>{"name": x}{{ end }}'), '<call>'],
    [
      'inside a loop',
      calls('{{ if .ToolCalls }}\n{{ range .ToolCalls }}<c>{{ . }}</c>{{ end }}{{ end }}'),
      '<c>',
    ],
    ['in an else branch', calls('{{ if .Content }}x{{ else if .ToolCalls }}<e>{{ end }}'), '<e>'],
    ['in a condition with and', calls('{{ if and .ToolCalls (eq .Role "assistant") }}<f>{{ end }}'), '<f>'],
    ['after a declaration', calls('{{ if .ToolCalls }}{{ $n := 1 }}<g>{{ end }}'), '<g>'],
    ['an action first', calls('{{ if .ToolCalls }}{{ .ToolCalls }}<h>{{ end }}'), '{'],
    ['only blank text', calls('{{ if .ToolCalls }} \n {{ end }}'), '{'],
    ['no tool calls', '{{ .Tools }}{{ .Messages }}', '{'],
    ['no tools', '{{ range .Messages }}{{ if .ToolCalls }}<i>{{ end }}{{ end }}', undefined],
  ])('%s', (_name, source, expected) => {
    expect(inspectGoTemplate(source).toolCallTag).toBe(expected);
  });
});
