/** A registry client over a store in a temporary directory, with small parts and no patience. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createLogger } from '../../log.ts';
import type { Layer } from '../../store/manifest.ts';
import { parseModelName } from '../../store/name.ts';
import { type TestStore, temporaryStore } from '../../store/testdata/test-store.ts';
import type { Digest } from '../../types/digest.ts';
import { createRegistry, type RegistryOptions } from '../registry.ts';
import type { Registry, RegistrySession } from '../types.ts';
import type { FakeRegistry } from './fake-registry.ts';

export const partBytes = 10_000;

export interface Setup {
  readonly test: TestStore;
  readonly registry: Registry;
  readonly logged: string[];
  /** `~/.ollama`. */
  readonly stateDir: string;
  open(fake: FakeRegistry): RegistrySession;
}

export async function setUp(options: Partial<RegistryOptions> = {}): Promise<Setup> {
  const test = await temporaryStore();
  const logged: string[] = [];
  const stateDir = path.join(test.root, '..', 'state');
  const { settings, ...others } = options;
  const registry = createRegistry({
    paths: test.store.paths,
    blobs: test.store.blobs,
    stateDir,
    proxy: { http: '', https: '', none: [] },
    privateHosts: [],
    userAgent: 'ollama/0.0.0 (test)',
    log: createLogger('debug', (line) => logged.push(line)),
    settings: {
      minPartBytes: partBytes,
      maxPartBytes: partBytes,
      minChunkBytes: partBytes,
      maxChunkBytes: partBytes,
      stallMs: 200,
      maxAttempts: 3,
      backoffMs: 1,
      checkpointMs: 0,
      ...settings,
    },
    ...others,
  });
  onTestFinished(async () => {
    await registry.close();
    await test.remove();
  });
  return { test, registry, logged, stateDir, open: (fake) => registry.open(remote(fake)) };
}

export function remote(fake: FakeRegistry): Parameters<Registry['open']>[0] {
  return { name: parseModelName(`${fake.host}/library/m:latest`), isInsecure: true };
}

/** A blob of five and a half parts that the registry has. */
export function addLayer(fake: FakeRegistry, bytes: Buffer = randomBytes(5.5 * partBytes)): { layer: Layer; bytes: Buffer } {
  const digest = fake.addBlob(bytes) as Digest; // by the one who makes digests
  return { layer: { mediaType: 'application/vnd.ollama.image.model', digest, size: bytes.length }, bytes };
}

export const never = new AbortController().signal;
