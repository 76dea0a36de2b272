import { expect, it } from 'vitest';
import { runnerEnvironment } from './runner-env.ts';

it('passes on what drivers read and no secrets', () => {
  const env = {
    PATH: '/bin',
    CUDA_VISIBLE_DEVICES: '0',
    GGML_VK_VISIBLE_DEVICES: '1',
    AWS_SECRET: 'x',
    CUDA: 'y',
    HOME: undefined,
  };
  expect(runnerEnvironment(env)).toEqual({
    PATH: '/bin',
    CUDA_VISIBLE_DEVICES: '0',
    GGML_VK_VISIBLE_DEVICES: '1',
  });
});
