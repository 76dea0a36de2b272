/** The registry room put together. */
import { CriaError, isCriaError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { BlobStore } from '../store/blobs.ts';
import { manifestMediaType } from '../store/manifest.ts';
import type { StorePaths } from '../store/paths.ts';
import { type FileHasher, inlineHasher } from '../util/file-hash.ts';
import { createIdentity } from './auth/identity.ts';
import { SharedDownloads } from './download/shared-downloads.ts';
import { findHubModel } from './hub/find-model.ts';
import { retry } from './retry.ts';
import { type RegistryCall, Session } from './session.ts';
import { defaultSettings, limits, type RegistrySettings } from './settings.ts';
import { dropBody, readBody, statusError } from './transport/body.ts';
import type { ProxySettings } from './transport/proxy.ts';
import { type Answer, createTransport } from './transport/transport.ts';
import type { Registry, RegistrySession, Transfer } from './types.ts';
import { Upload } from './upload/upload.ts';

export interface RegistryOptions {
  readonly paths: StorePaths;
  readonly blobs: BlobStore;
  /** What hashes downloads. Default: the calling thread. */
  readonly hasher?: FileHasher;
  /** `~/.ollama`: the key pair is kept there. */
  readonly stateDir: string;
  readonly proxy: ProxySettings;
  /** Hosts to which registries may redirect although they have private addresses. */
  readonly privateHosts: readonly string[];
  /** Certificates (PEM) that vouch for hosts; undefined = those that Node knows. */
  readonly certificates?: readonly string[] | undefined;
  readonly userAgent: string;
  readonly log: Logger;
  readonly settings?: Partial<RegistrySettings>;
}

/** A refused connection is told at once; what breaks off in the middle of a small request is tried again. */
const smallAttempts = 3;

/**
 * How Hugging Face answers for a model in several files, in three wordings so far: "The specified tag is a sharded GGUF",
 * "The specified repository contains sharded GGUF", "This repository only contains sharded GGUF files".
 */
const refusesSplit = /^400: .*\bshard(?:ed|s)\b/is;

/** Touches neither network nor disk. */
export function createRegistry(options: RegistryOptions): Registry {
  const { paths, blobs, log, hasher = inlineHasher } = options;
  const settings: RegistrySettings = { ...defaultSettings, ...options.settings };
  const transport = createTransport({ ...options, ...settings });
  const identity = createIdentity(options.stateDir, log);
  const downloads = new SharedDownloads({ paths, blobs, hasher, settings, log });

  function open(session: Session): RegistrySession {
    /** Sends a request and reads what it answers, as a whole and again when that fails. */
    const ask = <T>(call: RegistryCall, read: (answer: Answer) => Promise<T>): Promise<T> =>
      retry(
        async () => {
          const answer = await session.request(call);
          if (answer.status >= 400 && !(call.method === 'HEAD' && answer.status === 404))
            throw await statusError(answer, call.signal);
          return read(answer);
        },
        { maxAttempts: smallAttempts, backoffMs: settings.backoffMs, signal: call.signal },
      );

    return {
      fetchManifest: async ({ signal }) => {
        const call = { url: session.manifestUrl(), headers: { accept: manifestMediaType }, signal };
        try {
          return await ask({ method: 'GET', ...call }, (answer) =>
            readBody(answer, limits.manifestBytes, 'the manifest', signal),
          );
        } catch (error) {
          if (isCriaError(error, 'upstream') && refusesSplit.test(error.message)) return undefined;
          throw error;
        }
      },
      findHubModel: ({ signal }) => findHubModel(ask, session, signal),
      fetchBlob: (layer, { signal }) => downloads.join(session, layer, signal),
      hasBlob: (digest, { signal }) =>
        ask({ method: 'HEAD', url: session.blobUrl(digest), signal }, async (answer) => {
          await dropBody(answer);
          return answer.status < 300;
        }),
      sendBlob: ({ digest }, { signal, mountFrom }) => {
        let upload: Upload | undefined;
        const run = async (): Promise<void> => {
          const blob = await blobs.stat(digest);
          if (blob === undefined) throw new CriaError('blob_not_found', `blob ${digest} not found`);
          upload = new Upload({ settings, log }, session, blob, signal);
          await upload.run(mountFrom);
        };
        return { completedBytes: () => upload?.completedBytes ?? 0, done: run() } satisfies Transfer;
      },
      sendManifest: (bytes, { signal }) =>
        ask(
          {
            method: 'PUT',
            url: session.manifestUrl(),
            headers: { 'content-type': manifestMediaType, 'content-length': String(bytes.byteLength) },
            body: () => bytes,
            signal,
          },
          dropBody,
        ),
    };
  }

  return {
    open: (model) => open(new Session({ transport, identity }, model)),
    close: async () => transport.close(),
  };
}
