/** Runs asynchronous sections one after the other. */

export interface Mutex {
  /** Waits for its turn, then runs `section`; the next one starts whether it succeeds or fails. */
  run<T>(section: () => Promise<T>): Promise<T>;
}

export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run: (section) => {
      const result = last.then(section, section);
      last = result.catch(() => {});
      return result;
    },
  };
}
