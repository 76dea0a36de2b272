/**
 * Brings a file to the disk while it is being written: otherwise the system lets gigabytes pile up in memory, and whoever
 * syncs at the end waits for all of them.
 */

const everyBytes = 32 * 1024 * 1024;

export class BackgroundSync {
  readonly #sync: () => Promise<void>;
  #unsyncedBytes = 0;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** `sync` flushes the file; one call at a time, since each holds one of the few threads that all file access shares. */
  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** So many more bytes are in the file; now and then a flush starts that nobody waits for. */
  wrote(bytes: number): void {
    this.#unsyncedBytes += bytes;
    if (this.#unsyncedBytes >= everyBytes && this.#running === undefined) this.flush().catch(() => {}); // kept
  }

  /** Resolves when all that was written before the call is on disk. Throws also what an earlier flush failed with. */
  async flush(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#running === undefined) return this.#start();
    // The one under way may have started too early; those who wait share the next.
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#start();
    });
    return this.#next;
  }

  /** Resolves when no flush is under way, so that the file can be closed. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running.catch(() => {}); // `flush` tells
  }

  #start(): Promise<void> {
    this.#unsyncedBytes = 0;
    const running = this.#sync()
      .catch((error: unknown) => {
        // The system tells of a lost write once only.
        this.#failure = { error };
        throw error;
      })
      .finally(() => {
        this.#running = undefined;
      });
    this.#running = running;
    return running;
  }
}
