import { describe, expect, it } from 'vitest';
import { loadTemplates } from '../template/jinja/testdata/templates.ts';
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
  ['<mm:think>{{ m.reasoning_content }}</mm:think>', ['thinking']],
  ['{% if broken <think></think>', ['thinking']],
  ['{% if broken [THINK][/THINK]', []],
  ["{% for m in messages %}{{ m.content }}<a>{{ m.reasoning or '' }}</a>{% endfor %}", []],
  [
    '{% for m in messages %}{% if m.reasoning %}<a>{{ m.reasoning }}</a>{% endif %}{{ m.content }}{% endfor %}',
    ['thinking'],
  ],
  ['{% for thought in %}', []],
])('jinjaFeatures of %j', (source, features) => {
  expect([...jinjaFeatures(source)]).toEqual(features);
});

/** Models without thoughts; all others of llama.cpp's templates have them, in whatever tags. */
const thoughtless = [
  'CohereForAI-c4ai-command-r-plus-tool_use',
  'GigaChat3-10B-A1.8B',
  'GigaChat3.1-10B-A1.8B',
  'Kimi-K2-Instruct',
  'LFM2-8B-A1B',
  'MiMo-VL',
  'MiniMax-M1',
  'Mistral-Small-3.2-24B-Instruct-2506',
  'NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use',
  'NousResearch-Hermes-3-Llama-3.1-8B-tool_use',
  'Qwen-Qwen2.5-7B-Instruct',
  'Qwen3-Coder',
  'fireworks-ai-llama-3-firefunction-v2',
  'google-gemma-2-2b-it',
  'ibm-granite-granite-4.0',
  'ibm-granite-granite-4.1',
  'meetkai-functionary-medium-v3.1',
  'meetkai-functionary-medium-v3.2',
  'meta-llama-Llama-3.1-8B-Instruct',
  'meta-llama-Llama-3.2-3B-Instruct',
  'meta-llama-Llama-3.3-70B-Instruct',
  'microsoft-Phi-3.5-mini-instruct',
  'mistralai-Mistral-Nemo-Instruct-2407',
  'moonshotai-Kimi-K2',
  'unsloth-mistral-Devstral-Small-2507',
];
const templates = loadTemplates();

describe.skipIf(templates === undefined)('the chat templates of llama.cpp', () => {
  it('tell which models think', () => {
    const without = [...(templates ?? [])].filter(([, source]) => !jinjaFeatures(source).has('thinking'));
    expect(without.map(([file]) => file.replace('.jinja', '')).sort()).toEqual(thoughtless.sort());
  });

  it('tell which models call tools', () => {
    const without = [...(templates ?? [])].filter(([, source]) => !jinjaFeatures(source).has('tools'));
    expect(without.map(([file]) => file).sort()).toEqual([
      'HuggingFaceTB-SmolLM3-3B.jinja',
      'google-gemma-2-2b-it.jinja',
      'llama-cpp-rwkv-world.jinja',
      'microsoft-Phi-3.5-mini-instruct.jinja',
    ]);
  });
});
