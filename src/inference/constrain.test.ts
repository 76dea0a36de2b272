/** The grammars of real models' tool calls: what their templates write is admitted, what breaks a tool's schema is not. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { PieceCache } from '../engine/detokenizer.ts';
import { Grammar } from '../engine/grammar.ts';
import { GrammarVocab } from '../engine/grammar-vocab.ts';
import { loadModel, makeModelFile, noLibrary } from '../engine/testdata/test-model.ts';
import { TriggerMatcher } from '../engine/trigger.ts';
import { matches, parseGbnf } from '../grammar/testdata/gbnf.ts';
import type { AnswerFormat } from '../output/answer-parser.ts';
import { goPromptTemplate } from '../prompt/go-template.ts';
import { jinjaPromptTemplate } from '../prompt/jinja-template.ts';
import { calls, tools, written } from '../prompt/testdata/written.ts';
import type { PromptTemplate } from '../prompt/types.ts';
import type { GrammarSpec } from '../protocol/messages.ts';
import { compileJinja } from '../template/jinja/index.ts';
import { inspectJinja } from '../template/jinja/inspect/index.ts';
import { loadTemplates } from '../template/jinja/testdata/templates.ts';
import type { JsonObject } from '../types/json.ts';
import type { Tool, ToolCall } from '../types/message.ts';
import { constrain } from './constrain.ts';

const templates = loadTemplates();

function answerOf(template: PromptTemplate, declared: readonly Tool[]): AnswerFormat {
  return {
    thinkingTags: template.thinkingTags,
    start: 'free',
    layout: template.answerLayout,
    toolCallFormat: template.toolCallFormat,
    tools: declared,
  };
}

/** `free`: no grammar has woken. */
function judge(spec: GrammarSpec | undefined, text: string): 'admitted' | 'refused' | 'free' {
  if (spec === undefined) return 'free';
  const matcher = new TriggerMatcher(spec.triggers ?? [], spec.quiet);
  for (const [i, char] of [...text].entries()) {
    const bytes = Buffer.from(char);
    const match = matcher.peek(bytes);
    matcher.add(bytes);
    if (match === undefined) continue;
    const begun = Buffer.from(match.constrained, 'latin1').toString();
    const rest = begun + [...text].slice(i + 1).join('');
    return matches(parseGbnf(spec.gbnf), rest) ? 'admitted' : 'refused';
  }
  return 'free';
}

/** The tools with another schema for one parameter of the first. */
function withProperty(name: string, schema: JsonObject): readonly Tool[] {
  return tools.map((tool, i) => {
    const { parameters } = tool.function;
    const properties = { ...(parameters.properties as JsonObject), [name]: schema }; // a literal object
    return i > 0
      ? tool
      : { ...tool, function: { ...tool.function, parameters: { ...parameters, properties } } };
  });
}

const wide: Tool = {
  type: 'function',
  function: {
    name: 'search',
    description: 'Searches',
    parameters: {
      type: 'object',
      properties: {
        query: { type: 'string', description: 'Query' },
        exact: { type: 'boolean', description: 'Exact' },
        ratio: { type: 'number', description: 'Ratio' },
        words: { type: 'array', items: { type: 'string' }, description: 'Words' },
        near: {
          type: 'object',
          properties: { name: { type: 'string' }, lat: { type: 'number' } },
          required: ['name'],
          description: 'Near',
        },
        order: { type: 'string', enum: ['up', 'down'], description: 'Order' },
        empty: { type: 'string', description: 'Empty' },
      },
      required: ['query'],
    },
  },
};
const wideCall: ToolCall = {
  id: 'abcde1234',
  index: 0,
  name: 'search',
  arguments: {
    query: 'a\nb <c> é',
    exact: true,
    ratio: -0.5,
    words: ['x', 'y z'],
    near: { name: 'here', lat: 1.5 },
    order: 'up',
    empty: '',
  },
};

describe.skipIf(templates === undefined || noLibrary)('llama.cpp', () => {
  it('takes the grammar of every real template, and its triggers', async () => {
    using file = await makeModelFile();
    using model = await loadModel(file);
    const context = { model, pieces: new PieceCache(model.vocab), vocab: new GrammarVocab(model.vocab) };
    let nGrammars = 0;
    for (const source of templates?.values() ?? []) {
      const template = jinjaPromptTemplate(source, { bosToken: '<BOS>', eosToken: '<EOS>' });
      const spec = constrain(undefined, answerOf(template, [...tools, wide]));
      if (spec === undefined) continue;
      using grammar = new Grammar(context, spec);
      expect(grammar.isAwake).toBe(false);
      nGrammars++;
    }
    expect(nGrammars).toBeGreaterThan(50);
  });
});

describe.skipIf(templates === undefined)('tool calls of real templates', () => {
  for (const [name, source] of templates ?? []) {
    if (!inspectJinja(compileJinja(source)).supportsToolCalls) continue;
    const template = jinjaPromptTemplate(source, { bosToken: '<BOS>', eosToken: '<EOS>' });
    const specFor = (declared: readonly Tool[]): GrammarSpec | undefined =>
      constrain(undefined, answerOf(template, declared));
    const texts = [1, 2].flatMap((count) => {
      try {
        return [written(template, { role: 'assistant', content: '', toolCalls: calls.slice(0, count) })];
      } catch {
        return []; // the template refuses several calls
      }
    });

    it(`${name}: what the template writes is admitted`, () => {
      for (const text of texts)
        expect({ text, is: judge(specFor(tools), text) }).toEqual({ text, is: 'admitted' });
      let text: string;
      try {
        text = written(template, { role: 'assistant', content: '', toolCalls: [wideCall] }, [wide]);
      } catch {
        return; // the template cannot declare nested objects
      }
      expect({ text, is: judge(specFor([wide]), text) }).toEqual({ text, is: 'admitted' });
    });

    it(`${name}: other tools and other arguments are refused`, () => {
      const [text = ''] = texts;
      const { toolCallFormat: format, answerLayout } = template;
      const isBare =
        (format?.kind === 'json' && format.blockOpen === '') || answerLayout?.kind === 'recipients';
      // Without an opening text, a call of no declared tool is no call.
      expect(judge(specFor(tools.slice(1)), text)).toBe(isBare ? 'free' : 'refused');
      const narrower: [string, JsonObject][] = [
        ['city', { type: 'string', enum: ['Paris'] }],
        ['city', { type: 'string', maxLength: 3 }],
        ['city', { type: 'integer' }],
        ['days', { type: 'integer', maximum: 2 }],
        ['days', { type: 'boolean' }],
      ];
      for (const [key, schema] of narrower)
        expect({ key, schema, is: judge(specFor(withProperty(key, schema)), text) }).toMatchObject({
          is: 'refused',
        });
    });

    if (template.thinkingTags === undefined) continue;
    const { open, close } = template.thinkingTags;
    it(`${name}: a thought about a call wakes nothing`, () => {
      const [whole = ''] = texts;
      // Some templates write an empty thought before calls.
      const text = whole.slice(whole.includes(close) ? whole.lastIndexOf(close) + close.length : 0);
      const answer = answerOf(template, tools);
      expect(judge(constrain(undefined, answer), `${open}\nI could write ${text} now`)).toBe('free');
      const opened = constrain(undefined, { ...answer, start: 'thought' });
      expect(judge(opened, `I could write ${text} now`)).toBe('free');
      expect(judge(opened, `Hm.${close}${text}`)).toBe('admitted');
    });
  }
});

describe('tool calls of Go templates', () => {
  const families = path.resolve(import.meta.dirname, '../template/gotmpl/testdata/families');

  it.each([
    'command-r-tools',
    'granite3-tools',
    'harmony',
    'hermes-tools',
    'llama3.1-tools',
    'mistral-tools',
    'qwen2.5-tools',
    'qwen3-thinking',
  ])('%s', (name) => {
    const template = goPromptTemplate(readFileSync(path.join(families, `${name}.gotmpl`), 'utf8').trimEnd());
    const specFor = (declared: readonly Tool[]): GrammarSpec | undefined =>
      constrain(undefined, answerOf(template, declared));
    const text = written(template, { role: 'assistant', content: '', toolCalls: calls.slice(0, 1) });
    expect({ text, is: judge(specFor(tools), text) }).toEqual({ text, is: 'admitted' });
    expect(judge(specFor(withProperty('city', { type: 'integer' })), text)).toBe('refused');
    expect(judge(specFor(tools.slice(1)), text)).not.toBe('admitted');
  });
});
