/** The one parser and printer of model names: `[scheme://][host/][namespace/]model[:tag]`. */
import { CriaError } from '../errors.ts';
import type { ModelName } from '../types/model-name.ts';

const defaults = { host: 'registry.ollama.ai', namespace: 'library', tag: 'latest' } as const;

/** ASCII only; the first character rules out hidden files, options and `..`, the others every path separator. */
const grammar: Readonly<Record<keyof ModelName, RegExp>> = {
  host: /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}$/,
  namespace: /^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$/,
  model: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/,
  tag: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/,
};

/** Undefined unless all four parts, defaults filled in, are valid. The scheme is dropped. */
export function tryParseModelName(text: string): ModelName | undefined {
  const [path, tag] = splitTag(text);
  const [rest, model] = cutLast(path, '/');
  const [remainder, namespace] = rest === undefined ? [undefined, undefined] : cutLast(rest, '/');
  const host = remainder?.replace(/^[^/]*?:\/\//, '');
  return checkedName({
    host: host ?? defaults.host,
    namespace: namespace ?? defaults.namespace,
    model: model ?? '',
    tag: tag ?? defaults.tag,
  });
}

/** As `tryParseModelName`; throws `invalid_model_name`. */
export function parseModelName(text: string): ModelName {
  const name = tryParseModelName(text);
  if (name === undefined) throw new CriaError('invalid_model_name', 'invalid model name');
  return name;
}

/** A name from its four parts, as read from a directory tree; undefined when one of them is invalid. */
export function checkedName(parts: ModelName): ModelName | undefined {
  const { host, namespace, model, tag } = parts;
  const valid =
    grammar.host.test(host) &&
    grammar.namespace.test(namespace) &&
    grammar.model.test(model) &&
    grammar.tag.test(tag);
  return valid ? { host, namespace, model, tag } : undefined;
}

/** Display-shortest form: defaults of host and namespace are left out, the tag never is. */
export function displayName(name: ModelName): string {
  const short = `${name.model}:${name.tag}`;
  if (name.host !== defaults.host) return `${name.host}/${name.namespace}/${short}`;
  return name.namespace === defaults.namespace ? short : `${name.namespace}/${short}`;
}

/** `host/namespace/model:tag`. */
export function fullName(name: ModelName): string {
  return `${name.host}/${name.namespace}/${name.model}:${name.tag}`;
}

/** `namespace/model`, as registries address it. */
export function repositoryName(name: ModelName): string {
  return `${name.namespace}/${name.model}`;
}

/** Names are matched without regard to case. */
export function isSameName(a: ModelName, b: ModelName): boolean {
  return fullName(a).toLowerCase() === fullName(b).toLowerCase();
}

/**
 * The existing name that `name` means: the same, else one that differs in case only, else `name` with the casing that
 * existing names use for each of its parts.
 */
export function adoptCasing(name: ModelName, existing: readonly ModelName[]): ModelName {
  const wanted = fullName(name);
  const exact = existing.find((other) => fullName(other) === wanted);
  const match = exact ?? existing.find((other) => isSameName(other, name));
  if (match !== undefined) return match;
  const part = (key: keyof ModelName): string => {
    if (existing.some((other) => other[key] === name[key])) return name[key];
    const folded = name[key].toLowerCase();
    return existing.find((other) => other[key].toLowerCase() === folded)?.[key] ?? name[key];
  };
  return { host: part('host'), namespace: part('namespace'), model: part('model'), tag: part('tag') };
}

/** Where a model is to run, as told by a suffix of its name. */
export type ModelSource = 'unspecified' | 'local' | 'cloud';

/**
 * Splits a source suffix off: `m:cloud`, `m:tag-cloud`, `m:tag:cloud`, `m:local`, `m:tag:local`. Throws `bad_request`
 * for two of them.
 */
export function parseModelSource(text: string): { readonly source: ModelSource; readonly base: string } {
  const trimmed = text.trim();
  const first = cutSource(trimmed);
  if (first.source !== 'unspecified' && cutSource(first.base).source !== 'unspecified')
    throw new CriaError('bad_request', `use either :local or :cloud, not both: ${JSON.stringify(trimmed)}`);
  return first;
}

function cutSource(text: string): { source: ModelSource; base: string } {
  const suffix = /:(local|cloud)$/i.exec(text) ?? /(?<=:[^/:]+)-(cloud)$/i.exec(text);
  if (suffix === null) return { source: 'unspecified', base: text };
  return {
    source: suffix[1]?.toLowerCase() === 'local' ? 'local' : 'cloud',
    base: text.slice(0, suffix.index),
  };
}

/** A colon before a slash belongs to the host's port. */
function splitTag(text: string): [path: string, tag: string | undefined] {
  const colon = text.lastIndexOf(':');
  if (colon < 0 || text.indexOf('/', colon) >= 0) return [text, undefined];
  return [text.slice(0, colon), text.slice(colon + 1)];
}

/** A separator promises both sides: an empty one stays empty and fails the grammar. */
function cutLast(text: string, separator: string): [before: string | undefined, after: string] {
  const at = text.lastIndexOf(separator);
  return at < 0 ? [undefined, text] : [text.slice(0, at), text.slice(at + 1)];
}
