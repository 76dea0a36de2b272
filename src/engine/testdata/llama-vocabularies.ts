/** The vocabularies that llama.cpp is tested with, from the bundle of its source. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

const modules = path.resolve(import.meta.dirname, '../../../node_modules');
const bundle = path.join(modules, 'node-llama-cpp/llama/gitRelease.bundle');
const cache = path.join(modules, '.cache/cria');

/** Folder of the vocabularies, unpacked once for a version of the bundle; undefined, after a word on why, when it cannot be. */
export function llamaVocabularies(): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(path.join(modules, 'node-llama-cpp/package.json'), 'utf8'));
    const target = path.join(cache, `llama-vocabularies-${version}`);
    if (existsSync(target)) return target;
    mkdirSync(cache, { recursive: true });
    const work = mkdtempSync(path.join(cache, 'unpack-'));
    try {
      const git = (...args: string[]): unknown => execFileSync('git', args, { cwd: work, stdio: 'pipe' });
      git('clone', '--quiet', '--no-checkout', bundle, 'llama');
      git('-C', 'llama', 'checkout', '--quiet', 'HEAD', '--', 'models/ggml-vocab-*');
      renameSync(path.join(work, 'llama/models'), target);
    } catch (error) {
      if (!existsSync(target)) throw error; // else another test process was faster
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
    return target;
  } catch (error) {
    process.stderr.write(`SKIPPED: the vocabularies of llama.cpp cannot be unpacked: ${error}\n`);
    return undefined;
  }
}
