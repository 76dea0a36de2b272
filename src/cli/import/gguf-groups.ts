/** GGUF files → models: parts of one model belong together, and a projector goes with the model that it was made for. */
import path from 'node:path';
import { splitQuantization } from './names.ts';
import type { Skipped } from './types.ts';
import type { GgufFile } from './walk.ts';

/** The files of one model. */
export interface GgufGroup {
  /** The first file's name without its ending and its place among the parts. */
  readonly stem: string;
  /** In their order. */
  readonly parts: readonly GgufFile[];
  readonly projector: GgufFile | undefined;
}

const splitName = /^(.*)-(\d{5})-of-(\d{5})$/;

/** True for what llama.cpp and LM Studio take for a projector. */
function isProjector(stem: string): boolean {
  return /(?:^|[-._])mmproj(?:[-._]|$)/i.test(stem);
}

function stemOf(file: GgufFile): string {
  return path.basename(file.path).replace(/\.gguf$/i, '');
}

/** `files` are those of one folder, or of one repository where several share a folder. */
export function groupGgufFiles(files: readonly GgufFile[]): { groups: GgufGroup[]; skipped: Skipped[] } {
  const skipped: Skipped[] = [];
  const projectors = files.filter((file) => isProjector(stemOf(file)));
  const models = joinParts(
    files.filter((file) => !isProjector(stemOf(file))),
    skipped,
  );
  const bases = new Set(models.map(({ stem }) => splitQuantization(stem).base.toLowerCase()));
  const groups = models.map((model) => ({
    ...model,
    projector: projectorOf(model.stem, projectors, bases.size === 1),
  }));
  for (const projector of projectors)
    if (models.length === 0)
      skipped.push({ origin: projector.path, reason: 'a projector without its model' });
  return { groups, skipped };
}

function joinParts(
  files: readonly GgufFile[],
  skipped: Skipped[],
): { readonly stem: string; readonly parts: readonly GgufFile[] }[] {
  const whole: { stem: string; parts: GgufFile[] }[] = [];
  const split = new Map<string, { stem: string; count: number; parts: GgufFile[] }>();
  for (const file of files) {
    const [, stem, , of] = splitName.exec(stemOf(file)) ?? [];
    if (stem === undefined || of === undefined) {
      whole.push({ stem: stemOf(file), parts: [file] });
      continue;
    }
    const key = `${stem}-of-${of}`;
    const group = split.get(key) ?? { stem, count: Number(of), parts: [] };
    group.parts.push(file);
    split.set(key, group);
  }
  for (const group of split.values()) {
    const { count, parts } = group;
    // Sorted by name they are in their order; each has a number of its own.
    if (parts.length === count) whole.push(group);
    else skipped.push({ origin: parts[0]?.path ?? '', reason: `${parts.length} of ${count} parts are here` });
  }
  return whole.map(({ stem, parts }) => ({ stem, parts }));
}

/** In a folder of one model any projector is its own; among several it has to bear the model's name. F16 is preferred. */
function projectorOf(
  stem: string,
  projectors: readonly GgufFile[],
  isOnlyModel: boolean,
): GgufFile | undefined {
  const base = splitQuantization(stem).base.toLowerCase();
  const own = projectors.filter((file) => isOnlyModel || stemOf(file).toLowerCase().includes(base));
  return own.find((file) => /f16$/i.test(stemOf(file)) && !/bf16$/i.test(stemOf(file))) ?? own[0];
}
