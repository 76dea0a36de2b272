import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { text, texts, tinyVocabulary, uint32 } from '../gguf/testdata/tiny-model.ts';
import { collectContents, parseModelfile } from '../modelfile/index.ts';
import { type TestLibrary, temporaryLibrary } from './testdata/test-library.ts';
import type { ShowRequest } from './types.ts';

let test: TestLibrary;
beforeEach(async () => {
  test = await temporaryLibrary();
});
afterEach(() => test.remove());

const show = (model: string, more: Partial<ShowRequest> = {}) =>
  test.library.show({ model, system: '', verbose: false, options: {}, ...more });

describe('show', () => {
  it('tells everything about a model', async () => {
    await test.addModel('me/a:1', {
      gguf: { 'tokenizer.chat_template': text('{{ tools }}') },
      config: {
        model_format: 'gguf',
        model_family: 'llama',
        model_type: '1K',
        file_type: 'F32',
        requires: '0.9.0',
      },
      layers: [
        ['system', 'Be brief.'],
        ['license', 'MIT'],
        ['license', 'Apache'],
        ['params', '{"temperature":0.7,"stop":["<|a|>","\\"b\\""],"num_ctx":1048576}'],
        ['messages', '[{"role":"user","content":"hi"}]'],
      ],
      from: 'base:latest',
    });
    const model = await test.store.resolver.resolve('me/a:1');
    expect(await show('ME/A:1')).toEqual({
      license: 'MIT\nApache',
      modelfile: expect.any(String),
      parameters: [
        'num_ctx                        1048576',
        'stop                           "<|a|>"',
        'stop                           "\\"b\\""',
        'temperature                    0.7',
      ].join('\n'),
      template: '{{ tools }}',
      system: 'Be brief.',
      renderer: '',
      parser: '',
      details: model.details,
      messages: [{ role: 'user', content: 'hi' }],
      modelInfo: expect.any(Object),
      projectorInfo: undefined,
      tensors: [
        { name: 'token_embd.weight', type: 'F32', shape: [32, 7] },
        { name: 'blk.0.attn_q.weight', type: 'Q8_0', shape: [32, 32] },
        { name: 'output_norm.weight', type: 'F32', shape: [32] },
      ],
      capabilities: ['completion', 'tools'],
      modifiedAt: model.modifiedAt,
      requires: '0.9.0',
    });
  });

  it('gives metadata with sorted keys and shortest numbers, arrays only when asked for', async () => {
    await test.addModel('a', {
      gguf: {
        'general.tags': texts(),
        'llama.rope.freq_base': { type: 'float32', value: 1_000_000.1 },
        'llama.attention.layer_norm_rms_epsilon': { type: 'float32', value: 1e-5 },
        'z.big': { type: 'uint64', value: 2n ** 60n },
        'llama.rope.scaling.original_context_length': uint32(64),
      },
    });
    const { modelInfo } = await show('a');
    expect(Object.keys(modelInfo)).toEqual([...Object.keys(modelInfo)].sort());
    expect(modelInfo).toMatchObject({
      'general.architecture': 'llama',
      'general.parameter_count': 1280,
      'general.tags': [],
      'llama.attention.layer_norm_rms_epsilon': 1e-5,
      'tokenizer.ggml.tokens': null,
      'tokenizer.ggml.scores': null,
      'z.big': 2n ** 60n,
    });
    expect(modelInfo).not.toHaveProperty('general.name');
    expect(modelInfo).not.toHaveProperty('tokenizer.chat_template');
    expect((await show('a', { verbose: true })).modelInfo).toMatchObject({
      'tokenizer.ggml.tokens': tinyVocabulary,
      'tokenizer.ggml.scores': tinyVocabulary.map(() => 0.1),
    });
  });

  it('describes the projector', async () => {
    await test.addModel('a', {
      layers: [
        [
          'projector',
          await test.gguf({
            'general.architecture': text('clip'),
            'clip.has_audio_encoder': { type: 'bool', value: true },
          }),
        ],
      ],
    });
    const shown = await show('a');
    expect(shown.projectorInfo).toMatchObject({ 'general.architecture': 'clip', 'general.name': 'tiny' });
    expect(shown.projectorInfo).not.toHaveProperty('general.parameter_count');
    expect(shown.capabilities).toEqual(['completion', 'vision', 'audio']);
  });

  it('shows the default template when there is none', async () => {
    await test.addModel('a');
    expect((await show('a')).template).toBe('{{ .Prompt }}');
  });

  it('lets the request override system and parameters', async () => {
    await test.addModel('a', {
      layers: [
        ['system', 'stored'],
        ['params', '{"seed":1,"top_k":2}'],
      ],
    });
    const shown = await show('a', { system: 'given', options: { seed: 7, stop: ['x'] } });
    expect(shown.system).toBe('given');
    expect(shown.parameters).toMatch(/^seed +7\nstop +"x"\ntop_k +2$/);
    expect(shown.modelfile).toContain('\nSYSTEM given\n');
    expect(shown.modelfile).toContain('\nPARAMETER seed 7\n');
  });

  it('writes a Modelfile that says the same when it is read again', async () => {
    await test.addModel('a', {
      config: { model_format: 'gguf', renderer: 'r', parser: 'p', requires: '0.9.0' },
      layers: [
        ['adapter', await test.gguf({ 'general.type': text('adapter') })],
        ['template', '{{ if .System }}\n"{{ .System }}"{{ end }}'],
        ['system', 'Two\nlines'],
        ['params', '{"temperature":0.7,"stop":["<|a|>"," b "],"num_ctx":1048576}'],
        ['license', 'MIT "as is"'],
        ['messages', '[{"role":"user","content":"hi\\nthere"},{"role":"tool","content":"x"}]'],
      ],
    });
    const { modelfile } = await show('a');
    expect(modelfile).toMatch(
      /^# Modelfile generated by "ollama show"\n# To build a new Modelfile based on this, replace FROM with:\n# FROM a:latest\n\nFROM \//,
    );
    const model = await test.store.resolver.resolve('a');
    expect(collectContents(parseModelfile(modelfile))).toMatchObject({
      from: [model.modelPath],
      adapter: model.adapterPaths[0],
      template: model.template,
      system: model.system,
      renderer: 'r',
      parser: 'p',
      requires: '0.9.0',
      licenses: model.licenses,
      parameters: model.parameters,
      messages: [{ role: 'user', content: 'hi\nthere' }],
    });
  });

  it('shows models without GGUF weights as far as it can', async () => {
    await test.addModel('a', { gguf: null, config: { model_format: 'safetensors', model_family: 'F' } });
    const shown = await show('a');
    expect(shown).toMatchObject({
      modelInfo: {},
      tensors: [],
      details: { format: 'safetensors', family: 'F' },
    });
    expect(shown.modelfile).toContain('\nFROM a:latest\n');
  });

  it.each([
    ['', 'bad_request', 'model is required'],
    ['../x', 'invalid_model_name', 'invalid model name'],
    ['foo', 'model_not_found', "model 'foo:latest' not found"],
    ['m:cloud:local', 'bad_request', 'use either :local or :cloud, not both: "m:cloud:local"'],
    ['m:cloud', 'forbidden', 'ollama cloud is disabled: remote model details are unavailable'],
    ['remote', 'forbidden', 'ollama cloud is disabled: remote model details are unavailable'],
    ['remote:local', 'model_not_found', "model 'remote:local' not found"],
    ['broken', 'corrupt_store', expect.stringContaining('block_count')],
  ])('%j: %s', async (name, code, message) => {
    await test.addModel('remote', { gguf: null, config: { remote_host: 'h', remote_model: 'm' } });
    await test.addModel('broken', { gguf: { 'llama.block_count': uint32(0) } });
    await expect(show(name)).rejects.toMatchObject({ code, message });
  });
});
