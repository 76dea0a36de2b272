/** Which files of a repository make the model that a tag asks for. */
import { upstreamError } from '../failure.ts';
import type { RepoFile } from './repo-file.ts';

export interface PickedFiles {
  /** The weights: one file, or all parts in their order. */
  readonly weights: readonly RepoFile[];
  readonly projector: RepoFile | undefined;
}

/** What to take when no tag was given; then the first of all. */
const defaultTags = ['q4_k_m', 'q4_k_s', 'q4_0', 'q8_0'];
/** Files that go with a model, but are none that could be asked for. */
const companion = /mmproj|(?:^|[-._])imatrix[^-.]*\.gguf$|^(?:mtp|eagle3|dflash|dspark)-/i;
/** Every backend reads f16; the others by how little they lose. */
const projectorTypes = ['f16', 'bf16', 'f32', 'q8_0'];
/** Quantizations that an error names. */
const maxNamed = 24;

/** Weights in one file or several. */
interface Candidate {
  /** Path without number and ending. */
  readonly stem: string;
  readonly count: number;
  /** By number, from 0; may have gaps. */
  readonly files: RepoFile[];
}

/**
 * A tag is the quantization, upper or lower case, which ends the file's name or is that of its folder; or the whole name of
 * a file. Throws `upstream` when nothing suits it, or a part is missing.
 */
export function pickFiles(files: readonly RepoFile[], tag: string, repository: string): PickedFiles {
  const candidates = collect(files);
  const chosen = tag === 'latest' ? chooseDefault(candidates) : chooseTagged(candidates, tag);
  if (chosen === undefined) throw upstreamError(nothingSuits(candidates, tag, repository));
  for (let i = 0; i < chosen.count; i++)
    if (chosen.files[i] === undefined)
      throw upstreamError(`part ${i + 1} of ${chosen.count} of ${chosen.stem} is missing from ${repository}`);
  return { weights: chosen.files, projector: pickProjector(files, chosen.stem) };
}

/** Sorted, so that the same repository always gives the same. */
function collect(files: readonly RepoFile[]): readonly Candidate[] {
  const candidates = new Map<string, Candidate>();
  for (const file of files) {
    const match = /^(.+?)(?:-(\d{5})-of-(\d{5}))?\.gguf$/i.exec(file.path);
    if (match === null || companion.test(baseName(file.path))) continue;
    const [, stem = '', number = '1', of = '1'] = match;
    const [index, count] = [Number(number) - 1, Number(of)];
    if (index < 0 || index >= count) continue;
    const key = `${stem}\0${of}`;
    const candidate = candidates.get(key) ?? { stem, count, files: [] };
    candidates.set(key, candidate);
    candidate.files[index] = file;
  }
  return [...candidates.values()].sort(
    (a, b) => a.stem.length - b.stem.length || compareTexts(a.stem, b.stem) || a.count - b.count,
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function chooseDefault(candidates: readonly Candidate[]): Candidate | undefined {
  for (const tag of defaultTags) {
    const found = chooseTagged(candidates, tag);
    if (found !== undefined) return found;
  }
  return candidates[0];
}

function chooseTagged(candidates: readonly Candidate[], tag: string): Candidate | undefined {
  const wanted = tag.toLowerCase();
  // Quantizations have a low line inside as well: "0" and "k_m" are none.
  const marks = /^[a-z]+\d/.test(wanted) ? ['-', '.', '_'] : ['-', '.'];
  const isWanted = (text: string): boolean => {
    const lower = text.toLowerCase();
    return lower === wanted || marks.some((mark) => lower.endsWith(mark + wanted));
  };
  const rules: readonly ((candidate: Candidate) => boolean)[] = [
    ({ files }) => files.some((file) => baseName(file.path).toLowerCase() === wanted),
    ({ stem }) => isWanted(baseName(stem)),
    ({ stem }) => foldersOf(stem).some(isWanted),
  ];
  for (const rule of rules) {
    const found = candidates.find(rule);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The one next to the weights, or in the nearest folder above. */
function pickProjector(files: readonly RepoFile[], stem: string): RepoFile | undefined {
  const folder = foldersOf(stem).join('/');
  const isAbove = (path: string): boolean => {
    const own = foldersOf(path).join('/');
    return own === '' || own === folder || folder.startsWith(`${own}/`);
  };
  const rank = (path: string): number => {
    const type = /[-._]([a-z0-9]+(?:_\d)?)\.gguf$/i.exec(path)?.[1]?.toLowerCase() ?? '';
    const at = projectorTypes.indexOf(type);
    return at < 0 ? projectorTypes.length : at;
  };
  const depth = (path: string): number => foldersOf(path).length;
  return files
    .filter(({ path }) => /mmproj[^/]*\.gguf$/i.test(path) && isAbove(path))
    .sort(
      (a, b) => depth(b.path) - depth(a.path) || rank(a.path) - rank(b.path) || compareTexts(a.path, b.path),
    )[0];
}

function nothingSuits(candidates: readonly Candidate[], tag: string, repository: string): string {
  if (candidates.length === 0) return `${repository} has no GGUF files`;
  const label = ({ stem }: Candidate): string =>
    /[-.]([a-z0-9]+(?:_[a-z0-9]+)*)$/i.exec(baseName(stem))?.[1] ?? baseName(stem);
  const names = [...new Set(candidates.map(label))].sort();
  const more = names.length > maxNamed ? ', …' : '';
  return `${repository} has no ${JSON.stringify(tag)}; it has ${names.slice(0, maxNamed).join(', ')}${more}`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function foldersOf(path: string): readonly string[] {
  return path.split('/').slice(0, -1);
}
