/** The environment that runners get: what llama.cpp and its GPU drivers read, nothing of the server's own. */
import type { Environment } from './environment.ts';

/** Names that the dynamic loader, drivers and llama.cpp look at; prefixes end in `_`. */
const passed = [
  'PATH',
  'HOME',
  'USERPROFILE',
  'SYSTEMROOT',
  'TEMP',
  'TMP',
  'TMPDIR',
  'LANG',
  'LC_ALL',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'GPU_DEVICE_ORDINAL',
  'CUDA_',
  'NVIDIA_',
  'HIP_',
  'ROCR_',
  'HSA_',
  'GGML_',
  'VK_',
  'OMP_',
];

export function runnerEnvironment(env: Environment): Readonly<Record<string, string>> {
  const isPassed = (name: string): boolean =>
    passed.some((known) =>
      known.endsWith('_') ? name.toUpperCase().startsWith(known) : name.toUpperCase() === known,
    );
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && isPassed(name) ? [[name, value]] : [],
    ),
  );
}
