/** What is found out about the chat templates of llama.cpp, and about small ones that show one thing each. */
import { describe, expect, test } from 'vitest';
import { compileJinja } from '../index.ts';
import { loadTemplates } from '../testdata/templates.ts';
import { inspectJinja, type JinjaTraits } from './index.ts';

/**
 * File, what it supports, texts around a thought, where it takes earlier thoughts from, what turns thinking off, and how
 * prompts end by default, with thinking on and off. Each was read in the template.
 */
type Row = readonly [
  file: string,
  supports: string,
  tags?: string,
  field?: string,
  off?: string,
  ends?: string,
];

const rows: readonly Row[] = [
  [
    'Apertus-8B-Instruct',
    'system tools calls results',
    '<|inner_prefix|> … <|inner_suffix|>',
    'content',
    'enable_thinking=false',
    'free free free',
  ],
  [
    'Apriel-1.6-15b-Thinker-fixed',
    'system tools calls results',
    'Here are my reasoning steps: … [BEGIN FINAL RESPONSE]',
    'reasoning_content',
    '',
    'open open open',
  ],
  [
    'Bielik-11B-v3.0-Instruct',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'free open free',
  ],
  [
    'ByteDance-Seed-OSS',
    'system tools calls results',
    '<seed:think> … </seed:think>',
    'reasoning_content',
    '',
    'free free free',
  ],
  [
    'Cohere2MoE',
    'system tools calls results',
    '<|START_THINKING|> … <|END_THINKING|>',
    'reasoning_content',
    'reasoning=false',
    'open open closed',
  ],
  ['CohereForAI-c4ai-command-r-plus-tool_use', 'system tools calls results'],
  [
    'CohereForAI-c4ai-command-r7b-12-2024-tool_use',
    'system tools calls results',
    '<|START_THINKING|> … <|END_THINKING|>',
    'reasoning_content',
    'enable_thinking=false',
    'closed free closed',
  ],
  [
    'GLM-4.6',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'free free closed',
  ],
  [
    'GLM-4.7-Flash',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'open open closed',
  ],
  ['GigaChat3-10B-A1.8B', 'system tools calls results'],
  ['GigaChat3.1-10B-A1.8B', 'system tools calls results'],
  [
    'HuggingFaceTB-SmolLM3-3B',
    'system results',
    '<think> … </think>',
    undefined,
    'enable_thinking=false',
    'free free closed',
  ],
  ['Kimi-K2-Instruct', 'system tools calls results'],
  [
    'Kimi-K2-Thinking',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    '',
    'free free free',
  ],
  [
    'Kimi-K3',
    'system tools calls results',
    '<|open|>think<|sep|> … <|close|>think<|sep|>',
    'reasoning_content',
    'thinking=false',
    'open open free',
  ],
  ['LFM2-8B-A1B', 'system tools results'],
  ['LFM2.5-8B-A1B', 'system tools calls results', '<think> … </think>', 'thinking', '', 'free free free'],
  ['LFM2.5-Instruct', 'system tools results', '<think> … </think>', undefined, '', 'free free free'],
  ['MiMo-VL', 'system tools calls results'],
  ['MiniMax-M1', 'system tools calls results'],
  [
    'MiniMax-M2',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    '',
    'open open open',
  ],
  [
    'MiniMax-M3',
    'system tools calls results',
    '<mm:think> … </mm:think>',
    'reasoning_content',
    'thinking_mode=disabled',
    'free open closed',
  ],
  ['Mistral-Small-3.2-24B-Instruct-2506', 'system tools calls results nine'],
  [
    'NVIDIA-Nemotron-3-Nano-30B-A3B-BF16',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'open open closed',
  ],
  [
    'NVIDIA-Nemotron-Nano-v2',
    'system tools calls results',
    '<think> … </think>',
    undefined,
    '',
    'open open open',
  ],
  ['NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use', 'system tools calls results'],
  ['NousResearch-Hermes-3-Llama-3.1-8B-tool_use', 'system tools calls results'],
  [
    'Qwen-QwQ-32B',
    'system tools calls results',
    '<think> … </think>',
    undefined,
    'enable_thinking=false',
    'closed open closed',
  ],
  ['Qwen-Qwen2.5-7B-Instruct', 'system tools calls results'],
  [
    'Qwen-Qwen3-0.6B',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'free free closed',
  ],
  ['Qwen3-Coder', 'system tools calls results'],
  [
    'Qwen3.5-4B',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'open open closed',
  ],
  [
    'Reka-Edge',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'free open free',
  ],
  [
    'Spark2.5',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'open open closed',
  ],
  [
    'StepFun3.5-Flash',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    '',
    'open open open',
  ],
  [
    'deepseek-ai-DeepSeek-R1-Distill-Llama-8B',
    'system results',
    '<think> … </think>',
    undefined,
    '',
    'open open open',
  ],
  [
    'deepseek-ai-DeepSeek-R1-Distill-Qwen-32B',
    'system calls results',
    '<think> … </think>',
    undefined,
    'enable_thinking=false',
    'closed open closed',
  ],
  [
    'deepseek-ai-DeepSeek-V3.1',
    'system calls results',
    '<think> … </think>',
    undefined,
    'enable_thinking=false',
    'closed open closed',
  ],
  [
    'deepseek-ai-DeepSeek-V3.2',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'closed open closed',
  ],
  [
    'deepseek-ai-DeepSeek-V4-Flash-0731',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'closed open closed',
  ],
  [
    'deepseek-ai-DeepSeek-V4',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'closed open closed',
  ],
  ['fireworks-ai-llama-3-firefunction-v2', 'system tools calls results'],
  ['google-gemma-2-2b-it', ''],
  [
    'google-gemma-4-31B-it-interleaved',
    'system tools calls results',
    '<|channel>thought … <channel|>',
    'reasoning_content',
    'enable_thinking=false',
    'closed free closed',
  ],
  [
    'google-gemma-4-31B-it',
    'system tools calls results',
    '<|channel>thought … <channel|>',
    'reasoning_content',
    'enable_thinking=false',
    'closed free closed',
  ],
  [
    'ibm-granite-granite-3.3-2B-Instruct',
    'system tools results',
    '<think> … </think>',
    undefined,
    'thinking=false',
    'free free free',
  ],
  ['ibm-granite-granite-4.0', 'system tools calls results'],
  ['ibm-granite-granite-4.1', 'system tools calls results'],
  [
    'inclusionai-ling-3.0-flash',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'open open closed',
  ],
  [
    'llama-cpp-deepseek-r1',
    'system tools calls results',
    '<think> … </think>',
    undefined,
    '',
    'open open open',
  ],
  [
    'llama-cpp-rwkv-world',
    'system',
    '<think> … </think>',
    undefined,
    'enable_thinking=false',
    'free open closed',
  ],
  ['meetkai-functionary-medium-v3.1', 'system tools calls results'],
  ['meetkai-functionary-medium-v3.2', 'system tools calls results text'],
  ['meta-llama-Llama-3.1-8B-Instruct', 'system tools calls results'],
  ['meta-llama-Llama-3.2-3B-Instruct', 'system tools calls results'],
  ['meta-llama-Llama-3.3-70B-Instruct', 'system tools calls results'],
  ['microsoft-Phi-3.5-mini-instruct', 'system'],
  [
    'mistralai-Ministral-3-14B-Reasoning-2512',
    'system tools calls results',
    '[THINK] … [/THINK]',
    'content',
    '',
    'free free free',
  ],
  ['mistralai-Mistral-Nemo-Instruct-2407', 'system tools calls results nine'],
  ['moonshotai-Kimi-K2', 'system tools calls results'],
  [
    'muse-glimmer',
    'system tools calls results',
    'to=self<|message|> … <|eom|>',
    'reasoning_content',
    '',
    'free free free',
  ],
  [
    'openai-gpt-oss-120b',
    'system tools calls results',
    '<|channel|>analysis<|message|> … <|end|>',
    'thinking',
    '',
    'free free free',
  ],
  [
    'openbmb-MiniCPM5-1B',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'free open closed',
  ],
  [
    'poolside-Laguna-S-2.1',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'open open closed',
  ],
  [
    'poolside-Laguna-XS-2.1',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'closed open closed',
  ],
  [
    'poolside-Laguna-XS.2',
    'system tools calls results',
    '<think> … </think>',
    'reasoning_content',
    'enable_thinking=false',
    'closed open closed',
  ],
  [
    'tencent-Hy3',
    'system tools calls results',
    '<think:opensource> … </think:opensource>',
    'reasoning_content',
    'reasoning_effort=no_think',
    'closed open closed',
  ],
  [
    'unsloth-Apriel-1.5',
    'system tools calls results',
    '<thinking> … </thinking>',
    undefined,
    '',
    'free free free',
  ],
  ['unsloth-mistral-Devstral-Small-2507', 'system tools calls results'],
  [
    'upstage-Solar-Open-100B',
    'system tools calls results',
    '<|think|> … <|end|>',
    'reasoning',
    '',
    'free free free',
  ],
];

function supportsOf(traits: JinjaTraits): string {
  const words = [
    traits.supportsSystem && 'system',
    traits.supportsTools && 'tools',
    traits.supportsToolCalls && 'calls',
    traits.supportsToolResults && 'results',
    traits.callArguments === 'text' && 'text',
    traits.callIds === 'nineCharacters' && 'nine',
  ];
  return words.filter((word) => word !== false).join(' ');
}

function rowOf(file: string, traits: JinjaTraits): Row {
  const { thinking } = traits;
  if (thinking === undefined) return [file, supportsOf(traits)];
  const off = Object.entries(thinking.switch?.off ?? {}).map(([name, value]) => `${name}=${value}`);
  const { unset, on, off: whenOff } = thinking.promptEnd;
  const tags = `${thinking.tags.open} … ${thinking.tags.close}`;
  return [file, supportsOf(traits), tags, thinking.field, off.join(), `${unset} ${on} ${whenOff}`];
}

const templates = loadTemplates();

describe.skipIf(templates === undefined)('the chat templates of llama.cpp', () => {
  test('each has a row', () => {
    const files = [...(templates?.keys() ?? [])].map((file) => file.replace('.jinja', ''));
    expect(rows.map(([file]) => file).sort()).toEqual(files.sort());
  });

  test.each(rows.map((row) => [row[0], row] as const))('%s', (file, row) => {
    expect(rowOf(file, inspectJinja(compileJinja(templates?.get(`${file}.jinja`) ?? '')))).toEqual(row);
  });

  test.each([
    ['openai-gpt-oss-120b', 'reasoning_effort', ['low', 'medium', 'high', 'max']],
    ['tencent-Hy3', 'reasoning_effort', ['low', 'high']],
    ['Kimi-K3', 'thinking_effort', ['low', 'high', 'max']],
    ['muse-glimmer', 'reasoning_strength', ['low', 'medium', 'high', 'max']],
  ])('%s takes levels of effort', (file, variable, levels) => {
    const traits = inspectJinja(compileJinja(templates?.get(`${file}.jinja`) ?? ''));
    expect(traits.effort).toEqual({ variable, levels });
  });
});

const chat = '{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}';

describe('small templates', () => {
  test('a plain one has a system role and nothing else', () => {
    expect(inspectJinja(compileJinja(chat))).toEqual({
      supportsSystem: true,
      supportsTools: false,
      supportsToolCalls: false,
      callArguments: 'object',
      callIds: 'any',
      supportsToolResults: true,
      thinking: undefined,
      effort: undefined,
    });
  });

  test('arguments that are pasted must be text', () => {
    const source = `${chat}{% for m in messages if m.tool_calls %}{{ m.tool_calls[0].function.arguments }}{% endfor %}`;
    expect(inspectJinja(compileJinja(source))).toMatchObject({
      callArguments: 'text',
      supportsToolCalls: true,
    });
  });

  test('content parts that are printed as data are no thoughts', () => {
    expect(inspectJinja(compileJinja(`${chat}{{ messages | tojson }}`)).thinking).toBeUndefined();
  });

  test('a closing tag in the source is enough', () => {
    const source = `${chat}{{ messages[-1].content.split('</think>')[-1] }}`;
    expect(inspectJinja(compileJinja(source)).thinking).toMatchObject({
      tags: { open: '<think>', close: '</think>' },
      field: undefined,
    });
  });

  test.each([
    ['refuses everything', "{{ raise_exception('no') }}"],
    ['fails', '{{ messages.x.y }}'],
    ['runs for ever', '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}'],
    ['writes for ever', '{% for i in range(99999) %}{{ "x" * 99999 }}{% endfor %}'],
  ])('one that %s supports nothing', (_what, source) => {
    expect(inspectJinja(compileJinja(source))).toMatchObject({ supportsSystem: false, supportsTools: false });
  });
});
