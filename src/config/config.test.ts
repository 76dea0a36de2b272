import { describe, expect, it } from 'vitest';
import { type Config, loadConfig } from './config.ts';

const home = '/home/llama';

function load(env: Record<string, string>): Config {
  return loadConfig({ HOME: home, ...env });
}

describe('loadConfig', () => {
  it('has defaults for everything', () => {
    expect(load({})).toMatchObject({
      host: { hostname: '127.0.0.1', port: 11434 },
      modelsDir: '/home/llama/.ollama/models',
      homeDir: '/home/llama',
      stateDir: '/home/llama/.ollama',
      keepAliveMs: 300_000,
      loadTimeoutMs: 300_000,
      contextLength: undefined,
      numParallel: undefined,
      maxLoadedModels: undefined,
      maxQueue: 512,
      origins: [],
      allowedHosts: [],
      logLevel: 'info',
      flashAttention: undefined,
      kvCacheType: 'f16',
      noPrune: false,
      noHistory: false,
      goTemplate: undefined,
      remotes: ['ollama.com'],
      llamaLibDir: undefined,
      noColor: false,
      warnings: [],
    });
  });

  it('is frozen', () => {
    expect(Object.isFrozen(load({}))).toBe(true);
  });

  it.each<[string, string, keyof Config, unknown]>([
    ['OLLAMA_MODELS', '/srv/models', 'modelsDir', '/srv/models'],
    ['OLLAMA_MODELS', ' "/srv/models" ', 'modelsDir', '/srv/models'],
    ['OLLAMA_MODELS', "'/srv/my models'", 'modelsDir', '/srv/my models'],
    ['OLLAMA_KEEP_ALIVE', '90', 'keepAliveMs', 90_000],
    ['OLLAMA_KEEP_ALIVE', '1h30m', 'keepAliveMs', 5_400_000],
    ['OLLAMA_KEEP_ALIVE', '0', 'keepAliveMs', 0],
    ['OLLAMA_KEEP_ALIVE', '-1', 'keepAliveMs', Number.POSITIVE_INFINITY],
    ['OLLAMA_KEEP_ALIVE', '-1m', 'keepAliveMs', Number.POSITIVE_INFINITY],
    ['OLLAMA_LOAD_TIMEOUT', '0', 'loadTimeoutMs', Number.POSITIVE_INFINITY],
    ['OLLAMA_LOAD_TIMEOUT', '10s', 'loadTimeoutMs', 10_000],
    ['OLLAMA_CONTEXT_LENGTH', '8192', 'contextLength', 8192],
    ['OLLAMA_CONTEXT_LENGTH', '0', 'contextLength', undefined],
    ['OLLAMA_NUM_PARALLEL', '4', 'numParallel', 4],
    ['OLLAMA_NUM_PARALLEL', '0', 'numParallel', undefined],
    ['OLLAMA_MAX_LOADED_MODELS', '2', 'maxLoadedModels', 2],
    ['OLLAMA_MAX_QUEUE', '0', 'maxQueue', 0],
    ['OLLAMA_ORIGINS', 'http://a, chrome-extension://*,', 'origins', ['http://a', 'chrome-extension://*']],
    ['CRIA_ALLOWED_HOSTS', 'llama.example,10.0.0.1', 'allowedHosts', ['llama.example', '10.0.0.1']],
    ['OLLAMA_DEBUG', 'true', 'logLevel', 'debug'],
    ['OLLAMA_DEBUG', 'yes', 'logLevel', 'debug'],
    ['OLLAMA_DEBUG', 'false', 'logLevel', 'info'],
    ['OLLAMA_DEBUG', '0', 'logLevel', 'info'],
    ['OLLAMA_DEBUG', '1', 'logLevel', 'debug'],
    ['OLLAMA_DEBUG', '2', 'logLevel', 'trace'],
    ['OLLAMA_DEBUG', '9', 'logLevel', 'trace'],
    ['OLLAMA_DEBUG', '-1', 'logLevel', 'warn'],
    ['OLLAMA_FLASH_ATTENTION', '1', 'flashAttention', true],
    ['OLLAMA_FLASH_ATTENTION', 'F', 'flashAttention', false],
    ['OLLAMA_KV_CACHE_TYPE', 'Q8_0', 'kvCacheType', 'q8_0'],
    ['OLLAMA_NOPRUNE', 'please', 'noPrune', true],
    ['OLLAMA_NOPRUNE', 'FALSE', 'noPrune', false],
    ['OLLAMA_NOHISTORY', '1', 'noHistory', true],
    ['OLLAMA_GO_TEMPLATE', 'true', 'goTemplate', true],
    ['OLLAMA_REMOTES', 'a.example,b.example', 'remotes', ['a.example', 'b.example']],
    ['CRIA_LLAMA_LIB_DIR', '/opt/llama', 'llamaLibDir', '/opt/llama'],
    ['NO_COLOR', '0', 'noColor', true],
    ['EDITOR', 'nano', 'editor', 'nano'],
  ])('%s=%s', (name, text, key, expected) => {
    const config = load({ [name]: text });
    expect(config[key]).toEqual(expected);
    expect(config.warnings).toEqual([]);
  });

  it.each<[string, string, keyof Config, unknown]>([
    ['OLLAMA_KEEP_ALIVE', 'soon', 'keepAliveMs', 300_000],
    ['OLLAMA_LOAD_TIMEOUT', '5 minutes', 'loadTimeoutMs', 300_000],
    ['OLLAMA_NUM_PARALLEL', '-1', 'numParallel', undefined],
    ['OLLAMA_MAX_QUEUE', 'many', 'maxQueue', 512],
    ['OLLAMA_HOST', '1.2.3.4:x', 'host', expect.objectContaining({ hostname: '1.2.3.4', port: 11434 })],
  ])('%s=%s gives the default and a warning', (name, text, key, expected) => {
    const config = load({ [name]: text });
    expect(config[key]).toEqual(expected);
    expect(config.warnings).toEqual([expect.stringMatching(`^${name}: `)]);
  });

  it('prefers the first of several variables that is set', () => {
    const env = { EDITOR: 'ed', VISUAL: 'vim', OLLAMA_EDITOR: ' ' };
    expect(load(env).editor).toBe('vim');
  });

  it('lets flags stand above variables', () => {
    const config = loadConfig(
      { OLLAMA_HOST: '1.1.1.1', OLLAMA_MODELS: '/a' },
      { host: ':1234', models: undefined },
    );
    expect(config.host.port).toBe(1234);
    expect(config.modelsDir).toBe('/a');
    expect(loadConfig({}, { host: ':x' }).warnings).toEqual(['--host: invalid port "x", using 11434']);
  });
});
