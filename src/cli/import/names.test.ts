import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tryParseModelName } from '../../store/name.ts';
import { distinctNames, modelName, splitQuantization } from './names.ts';

describe('splitQuantization', () => {
  it.each<[string, string, string | undefined]>([
    ['gemma-3-4b-it-Q4_K_M', 'gemma-3-4b-it', 'Q4_K_M'],
    ['Qwen3-0.6B.i1-IQ3_XXS', 'Qwen3-0.6B.i1', 'IQ3_XXS'],
    ['model-UD-Q4_K_XL', 'model', 'UD-Q4_K_XL'],
    ['model.q8_0', 'model', 'q8_0'],
    ['model-f16', 'model', 'f16'],
    ['gpt-oss-20b-mxfp4', 'gpt-oss-20b', 'mxfp4'],
    ['Q4_K_M', 'Q4_K_M', undefined],
    ['Mistral-7B-Instruct-v0.3', 'Mistral-7B-Instruct-v0.3', undefined],
  ])('%s', (stem, base, quantization) => {
    expect(splitQuantization(stem)).toEqual({ base, quantization });
  });
});

describe('modelName', () => {
  it.each<[Parameters<typeof modelName>[0], string]>([
    [{ model: 'gemma', tag: 'Q4_0' }, 'gemma:Q4_0'],
    [{ host: 'hf.co', namespace: 'org', model: 'repo-GGUF', tag: undefined }, 'hf.co/org/repo-GGUF:latest'],
    [{ namespace: 'some.body', model: 'm' }, 'some-body/m:latest'],
    [{ model: '../../etc/passwd' }, 'etc-passwd:latest'],
    [{ model: 'Modèle n° 1 (final)' }, 'Modele-n-1-final:latest'],
    [{ model: '🦙' }, 'model:latest'],
    [{ model: '-rf' }, 'rf:latest'],
  ])('%j', (parts, expected) => {
    expect(modelName(parts)).toBe(expected);
  });

  it('is valid whatever files are called', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string(),
        fc.option(fc.string(), { nil: undefined }),
        (model, namespace, tag) => {
          const names = distinctNames([1, 2, 3].map(() => ({ name: modelName({ namespace, model, tag }) })));
          expect(new Set(names.map(({ name }) => name)).size).toBe(3);
          for (const { name } of names) expect(tryParseModelName(name)).toBeDefined();
        },
      ),
    );
  });
});
