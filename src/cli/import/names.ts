/** Valid model names from what files and folders are called. */

export interface NameParts {
  readonly host?: string | undefined;
  readonly namespace?: string | undefined;
  readonly model: string;
  readonly tag?: string | undefined;
}

/** A quantization at the end of a file's name, as llama.cpp and Hugging Face write it. */
const quantization = /[-._ ]((?:UD-)?(?:I?Q\d[A-Z0-9_]*|TQ\d_\d|MXFP4(?:_MOE)?|BF16|F16|FP16|F32|FP32))$/i;

/** `gemma-3-4b-it-Q4_K_M` → its base and its quantization, if there is one. */
export function splitQuantization(stem: string): {
  readonly base: string;
  readonly quantization: string | undefined;
} {
  const match = quantization.exec(stem);
  if (match === null || match.index === 0) return { base: stem, quantization: undefined };
  return { base: stem.slice(0, match.index), quantization: match[1] };
}

/** Every part made valid: what a name may not hold becomes `-`. */
export function modelName({ host, namespace, model, tag }: NameParts): string {
  const name = `${cleanPart(model, 'model')}:${cleanPart(tag ?? 'latest', 'tag')}`;
  const prefix = namespace === undefined ? '' : `${cleanPart(namespace, 'namespace').replaceAll('.', '-')}/`;
  return `${host === undefined ? '' : `${host}/`}${prefix}${name}`;
}

/** The store's grammar: ASCII letters, digits, `_`, `.` and `-`, at most 80, not beginning with `.` or `-`. */
function cleanPart(text: string, fallback: string): string {
  const clean = text
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 80)
    .replace(/[.-]+$/, '');
  return clean === '' ? fallback : clean;
}

/** Gives each item a name of its own: the second `a:b` becomes `a:b-2`. Names are compared without regard to case. */
export function distinctNames<T extends { readonly name: string }>(items: readonly T[]): T[] {
  const taken = new Set<string>();
  return items.map((item) => {
    let { name } = item;
    for (let i = 2; taken.has(name.toLowerCase()); i++) name = withSuffix(item.name, `-${i}`);
    taken.add(name.toLowerCase());
    return { ...item, name };
  });
}

/** Keeps the tag within its 80 characters. */
function withSuffix(name: string, suffix: string): string {
  const colon = name.lastIndexOf(':');
  return name.slice(0, colon + 1 + 80 - suffix.length) + suffix;
}
