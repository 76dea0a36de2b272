/** Whom to unload when another model needs the room. */
import type { Resident } from './resident.ts';

type Candidate = Pick<Resident, 'keepAliveMs' | 'lastUsedMs' | 'isIdle'> & {
  readonly model: { readonly modelPath: string };
};

/**
 * The first idle one in the order: shortest keep-alive (for ever comes last), least recently used, path. When none is idle,
 * the first of all, for which the caller has to wait.
 */
export function chooseVictim<T extends Candidate>(candidates: readonly T[]): T | undefined {
  const ordered = candidates.toSorted(
    (a, b) =>
      // Two times "for ever" differ by NaN, which counts as equal.
      a.keepAliveMs - b.keepAliveMs ||
      a.lastUsedMs - b.lastUsedMs ||
      (a.model.modelPath < b.model.modelPath ? -1 : 1),
  );
  return ordered.find(({ isIdle }) => isIdle) ?? ordered[0];
}
