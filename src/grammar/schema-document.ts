/** A JSON Schema document: its subschemas by JSON pointer, and what their references mean. */
import type { JsonObject, JsonValue } from '../types/json.ts';
import { isObject } from './json-value.ts';
import { tooLarge, unsupported } from './unsupported.ts';

/** A subschema and where it stands; two nodes of one pointer are the same. */
export interface SchemaNode {
  readonly schema: boolean | JsonObject;
  /** JSON pointer as a URI fragment: `#/properties/a`. */
  readonly pointer: string;
}

/** Deepest nesting of the document itself. */
const maxDepth = 200;

export class SchemaDocument {
  readonly root: SchemaNode;
  /** Pointers of `$anchor`s. */
  readonly #anchors = new Map<string, string>();

  /** Throws `unsupported_schema` when the value is no schema. */
  constructor(schema: JsonValue) {
    this.root = asNode(schema, '#', 'schema');
    this.#findAnchors(schema, '#', 0);
  }

  /** The subschema that a `$ref` names. */
  resolve(reference: string, from: SchemaNode): SchemaNode {
    const id = isObject(this.root.schema) ? this.root.schema.$id : undefined;
    const local =
      typeof id === 'string' && id !== '' && reference.startsWith(id)
        ? reference.slice(id.length)
        : reference;
    if (local === '' || local === '#') return this.root;
    const place = `${from.pointer}/$ref`;
    if (!local.startsWith('#')) throw unsupported('$ref', place, 'refers to another document');
    const pointer = local.startsWith('#/') ? local : this.#anchors.get(local.slice(1));
    if (pointer === undefined)
      throw unsupported('$ref', place, `refers to "${reference}", which does not exist`);
    let value: JsonValue | undefined = this.root.schema;
    let canonical = '#';
    for (const part of pointer.split('/').slice(1)) {
      const key = decodePart(part);
      value = Array.isArray(value) ? value[Number(key)] : isObject(value) ? ownValue(value, key) : undefined;
      canonical = pointerTo(canonical, key);
    }
    if (value === undefined)
      throw unsupported('$ref', place, `refers to "${reference}", which does not exist`);
    return asNode(value, canonical, '$ref');
  }

  #findAnchors(value: JsonValue, pointer: string, depth: number): void {
    if (depth > maxDepth) throw tooLarge('it nests too deeply');
    if (Array.isArray(value)) {
      for (const [i, item] of value.entries())
        this.#findAnchors(item, pointerTo(pointer, String(i)), depth + 1);
    } else if (isObject(value)) {
      if (typeof value.$anchor === 'string') this.#anchors.set(value.$anchor, pointer);
      for (const [key, item] of Object.entries(value))
        this.#findAnchors(item, pointerTo(pointer, key), depth + 1);
    }
  }
}

/** A subschema as a node; throws when it is neither an object nor a boolean. */
export function asNode(value: JsonValue, pointer: string, keyword: string): SchemaNode {
  if (typeof value === 'boolean' || isObject(value)) return { schema: value, pointer };
  throw unsupported(keyword, pointer, 'must be a schema: an object, true or false');
}

export function pointerTo(pointer: string, key: string): string {
  // The detour over bytes replaces lone surrogates, which cannot be encoded.
  const text = Buffer.from(key.replaceAll('~', '~0').replaceAll('/', '~1')).toString();
  return `${pointer}/${encodeURIComponent(text).replaceAll('%24', '$')}`;
}

function decodePart(part: string): string {
  let text = part;
  try {
    text = decodeURIComponent(part);
  } catch {
    // Not percent-encoded after all: a key may hold a percent sign as it is.
  }
  return text.replaceAll('~1', '/').replaceAll('~0', '~');
}

function ownValue(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
