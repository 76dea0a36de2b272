import { describe, expect, it } from 'vitest';
import { chooseTemplate, jinjaFeatures } from './template-choice.ts';
import { fakeInspect } from './testdata/test-store.ts';

const goPlain = '{{ .Prompt }}';
const goTools = '{{ .Tools }}';
const goRound = '{{ .Tools }}{{ .ToolCalls }}{{ if eq .Role "tool" }}';
const goThinking = '{{ .Tools }}{{ .Thinking }}';
const jinjaPlain = '{{ messages }}';
const jinjaTools = '{{ tools }}';
const jinjaRound = "{{ tools }}{{ m.tool_calls }}{% if m['role'] == 'tool' %}";
const jinjaAll = `${jinjaRound}<think></think>`;

describe('chooseTemplate', () => {
  const cases: [string, string | undefined, string | undefined, 'go' | 'jinja'][] = [
    ['nothing at all', undefined, undefined, 'go'],
    ['only a Go template', goPlain, undefined, 'go'],
    ['only a Jinja template', undefined, jinjaPlain, 'jinja'],
    ['equal abilities', goPlain, jinjaPlain, 'go'],
    ['Jinja with strictly more', goPlain, jinjaTools, 'jinja'],
    ['Jinja with strictly more, but Go alone shows results', goRound, '{{ tools }}<think></think>', 'go'],
    ['Jinja with strictly more, both show results', goRound, jinjaAll, 'jinja'],
    ['Go with more', goThinking, jinjaTools, 'go'],
    ['each with something', '{{ .Suffix }}', jinjaTools, 'go'],
    ['equal with tools, only Jinja shows results', goTools, jinjaRound, 'jinja'],
    ['equal with tools, both show results', goRound, jinjaRound, 'go'],
    ['a Go template that does not parse', '{{ broken', jinjaPlain, 'jinja'],
    ['a Go template that does not parse and no other', '{{ broken', undefined, 'go'],
  ];
  const choose = (
    goTemplate: string | undefined,
    jinjaTemplate: string | undefined,
    more: { preferGo?: boolean; renderer?: string; family?: string } = {},
  ) =>
    chooseTemplate(
      { goTemplate, jinjaTemplate, renderer: more.renderer ?? '', family: more.family ?? 'llama' },
      { inspectGoTemplate: fakeInspect, preferGo: more.preferGo },
    );

  it.each(cases)('%s', (_, go, jinja, language) => {
    expect(choose(go, jinja).chatTemplate).toEqual({
      language,
      source: (language === 'go' ? go : jinja) ?? '',
    });
  });

  it('obeys the setting', () => {
    expect(choose(goPlain, jinjaAll, { preferGo: true }).chatTemplate.language).toBe('go');
    expect(choose(goThinking, jinjaPlain, { preferGo: false }).chatTemplate.language).toBe('jinja');
    expect(choose(undefined, jinjaPlain, { preferGo: true }).chatTemplate.language).toBe('jinja');
    expect(choose(goPlain, undefined, { preferGo: false }).chatTemplate.language).toBe('go');
  });

  it('uses Jinja where Ollama has a renderer, and Go for Harmony', () => {
    expect(choose(goPlain, jinjaPlain, { renderer: 'qwen3-coder' }).chatTemplate.language).toBe('jinja');
    const harmony = '<|start|>{{ .Prompt }}<|end|>';
    expect(choose(harmony, jinjaAll, { family: 'gptoss' }).chatTemplate.language).toBe('go');
    expect(choose(harmony, jinjaAll).chatTemplate.language).toBe('jinja');
  });

  it('tells what the chosen one can do', () => {
    expect([...choose('{{ .Suffix }}{{ .Tools }}', jinjaAll).features]).toEqual(['tools', 'insert']);
    expect([...choose(goPlain, jinjaAll).features]).toEqual(['tools', 'thinking']);
  });
});

it.each([
  ['plain', []],
  ['{% for t in tools %}', ['tools']],
  ['message.tool_calls', ['tools']],
  ['<think> … </think>', ['thinking']],
  ['</think> alone', []],
  ["content.split('</think>')[-1]", ['thinking']],
  ['content.split("</think>")', ['thinking']],
  ["content.split('</think>') reasoning_content", []],
  ["content.split('</think>') <SPECIAL_12>", []],
  ['[THINK][/THINK]', ['thinking']],
])('jinjaFeatures of %j', (source, features) => {
  expect([...jinjaFeatures(source)]).toEqual(features);
});
