import { describe, expect, it } from 'vitest';
import { pickFiles } from './pick-files.ts';

const files = (paths: readonly string[]) =>
  paths.map((path, i) => ({ path, sizeBytes: i, digest: undefined }));

/** `m-00001-of-0000n.gguf` … */
function parts(stem: string, count: number): string[] {
  const digits = (n: number): string => String(n).padStart(5, '0');
  return Array.from({ length: count }, (_, i) => `${stem}-${digits(i + 1)}-of-${digits(count)}.gguf`);
}

const repository = [
  '.gitattributes',
  'README.md',
  ...parts('Q8_0/Big-Model-Q8_0', 3).reverse(),
  ...parts('BF16/Big-Model-BF16', 4),
  ...parts('UD-Q4_K_M/Big-Model-UD-Q4_K_M', 2),
  ...parts('Q4_K_M/Big-Model-Q4_K_M', 2),
  ...parts('other/Q6_K/Big-Model', 2),
  'Big-Model-IQ1_S.gguf',
  'Big-Model.imatrix.gguf',
  'imatrix_maker.gguf',
  ...parts('Big-Model-imatrix-Q5_K_M', 2),
  'mtp-Big-Model-Q8_0.gguf',
  'mmproj-BF16.gguf',
  'mmproj-F32.gguf',
  'mmproj-F16.gguf',
];

describe('pickFiles', () => {
  it.each<[string, string[]]>([
    ['Q8_0', parts('Q8_0/Big-Model-Q8_0', 3)],
    ['q8_0', parts('Q8_0/Big-Model-Q8_0', 3)],
    ['bf16', parts('BF16/Big-Model-BF16', 4)],
    ['Q4_K_M', parts('Q4_K_M/Big-Model-Q4_K_M', 2)],
    ['UD-Q4_K_M', parts('UD-Q4_K_M/Big-Model-UD-Q4_K_M', 2)],
    ['latest', parts('Q4_K_M/Big-Model-Q4_K_M', 2)],
    ['q5_k_m', parts('Big-Model-imatrix-Q5_K_M', 2)],
    ['q6_k', parts('other/Q6_K/Big-Model', 2)],
    ['IQ1_S', ['Big-Model-IQ1_S.gguf']],
    ['big-model-q8_0-00002-of-00003.gguf', parts('Q8_0/Big-Model-Q8_0', 3)],
  ])('%s', (tag, expected) => {
    const { weights, projector } = pickFiles(files(repository), tag, 'user/repo');
    expect(weights.map(({ path }) => path)).toEqual(expected);
    expect(projector?.path).toBe('mmproj-F16.gguf');
  });

  it.each<[string, string[], string | undefined]>([
    ['next to the weights before above', ['a/mmproj-BF16.gguf', 'mmproj-F16.gguf'], 'a/mmproj-BF16.gguf'],
    ['none of another folder', ['b/mmproj-F16.gguf', 'a/c/mmproj-F16.gguf'], undefined],
    ['f16 before a smaller one', ['mmproj-Q8_0.gguf', 'mmproj-model-f16.gguf'], 'mmproj-model-f16.gguf'],
    ['the only one', ['m-mmproj-Q4_K.gguf'], 'm-mmproj-Q4_K.gguf'],
  ])('takes a projector: %s', (_name, projectors, expected) => {
    const { projector } = pickFiles(files([...parts('a/m-Q8_0', 2), ...projectors]), 'q8_0', 'user/repo');
    expect(projector?.path).toBe(expected);
  });

  it('takes what there is when the usual quantizations are missing', () => {
    const { weights } = pickFiles(files(parts('m-Q2_K', 2)), 'latest', 'user/repo');
    expect(weights).toHaveLength(2);
  });

  it.each<[string, string[], string, string]>([
    ['nothing that suits', repository, 'Q3_K_S', 'has no "Q3_K_S"; it has BF16, IQ1_S, '],
    ['half a quantization', repository, 'K_M', 'has no "K_M"'],
    ['no GGUF files', ['README.md'], 'latest', 'user/repo has no GGUF files'],
    [
      'a part that is missing',
      parts('m-Q8_0', 3).filter((_, i) => i !== 1),
      'Q8_0',
      'part 2 of 3 of m-Q8_0 is missing from user/repo',
    ],
    [
      'numbers out of range',
      ['m-Q8_0-00004-of-00003.gguf', 'm-Q8_0-00000-of-00003.gguf'],
      'Q8_0',
      'no GGUF files',
    ],
  ])('refuses %s', (_name, paths, tag, message) => {
    expect(() => pickFiles(files(paths), tag, 'user/repo')).toThrow(message);
  });

  it('keeps models apart whose parts differ in number', () => {
    const both = [...parts('m-Q8_0', 3), ...parts('m-Q8_0', 2)];
    expect(pickFiles(files(both), 'Q8_0', 'user/repo').weights).toHaveLength(2);
  });
});
