/** Downloads by digest: whoever wants a blob that is being fetched waits for it instead of fetching it again. */
import { cancelledError, isCriaError } from '../../errors.ts';
import type { BlobStore } from '../../store/blobs.ts';
import type { Layer } from '../../store/manifest.ts';
import type { Digest } from '../../types/digest.ts';
import { raceAbort } from '../../util/race-abort.ts';
import type { Session } from '../session.ts';
import type { Transfer } from '../types.ts';
import { Download, type DownloadDeps } from './download.ts';

export interface SharedDownloadsDeps extends DownloadDeps {
  readonly blobs: Pick<BlobStore, 'isWhole' | 'claim'>;
}

interface Running {
  readonly origin: string;
  readonly sizeBytes: number;
  readonly download: Download;
  readonly controller: AbortController;
  readonly done: Promise<void>;
  nWaiting: number;
}

export class SharedDownloads {
  readonly #deps: SharedDownloadsDeps;
  readonly #running = new Map<Digest, Running>();

  constructor(deps: SharedDownloadsDeps) {
    this.#deps = deps;
  }

  /** The download goes on until it is done or the last one who waits for it has been cancelled. */
  join(session: Session, layer: Layer, signal: AbortSignal): Transfer {
    let current: Running | undefined;
    const done = this.#join(session, layer, signal, (running) => {
      current = running;
    });
    return { completedBytes: () => current?.download.completedBytes ?? 0, done };
  }

  async #join(
    session: Session,
    layer: Layer,
    signal: AbortSignal,
    watch: (running: Running) => void,
  ): Promise<void> {
    for (;;) {
      if (signal.aborted) throw cancelledError();
      const running = this.#running.get(layer.digest) ?? this.#start(session, layer);
      if (running.controller.signal.aborted || running.sizeBytes !== layer.size) {
        // Its files are in use until it has ended.
        await raceAbort(
          running.done.catch(() => {}), // those who wait for it are told
          signal,
        );
        continue;
      }
      watch(running);
      try {
        await this.#wait(running, signal);
        return;
      } catch (error) {
        // What another registry did wrong, ours may do right.
        const isOthers = running.origin !== session.origin && !isCriaError(error, 'disk_full');
        if (signal.aborted || !isOthers) throw error;
      }
    }
  }

  #start(session: Session, layer: Layer): Running {
    const download = new Download(this.#deps, session, layer);
    const controller = new AbortController();
    const done = this.#run(download, layer, controller.signal).finally(() =>
      this.#running.delete(layer.digest),
    );
    done.catch(() => {}); // those who wait are told; there may be none left
    const running: Running = {
      origin: session.origin,
      sizeBytes: layer.size,
      download,
      controller,
      done,
      nWaiting: 0,
    };
    this.#running.set(layer.digest, running);
    return running;
  }

  async #run(download: Download, layer: Layer, signal: AbortSignal): Promise<void> {
    // Another process may be fetching it into the same files.
    await using _claim = await this.#deps.blobs.claim(layer.digest, { signal });
    // It may have come while its caller was getting here.
    if (!(await this.#deps.blobs.isWhole(layer.digest, layer.size))) await download.run(signal);
  }

  async #wait(running: Running, signal: AbortSignal): Promise<void> {
    running.nWaiting += 1;
    try {
      await raceAbort(running.done, signal);
    } finally {
      running.nWaiting -= 1;
      if (running.nWaiting === 0 && signal.aborted) {
        running.controller.abort(cancelledError());
        await running.done.catch(() => {}); // cancelled, which is what was wanted
      }
    }
  }
}
