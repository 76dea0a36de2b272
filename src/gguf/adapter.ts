/** LoRA adapters: what they must know of the model that they change, and whether they fit it. */
import { CriaError } from '../errors.ts';
import { invalidGguf, quoted } from './error.ts';
import { getInteger, getString } from './metadata.ts';
import { architectureOf } from './summary.ts';
import type { GgufHeader } from './types.ts';

export interface AdapterBase {
  readonly architecture: string;
  /** 0 where layers differ. */
  readonly nHeads: number;
  readonly nHeadsKv: number;
  /** Name → shape, ne0 first. */
  readonly tensors: ReadonlyMap<string, readonly number[]>;
}

const tokenEmbedding = 'token_embd.weight';

/** Throws `invalid_gguf`. */
export function adapterBaseOf(header: GgufHeader): AdapterBase {
  const architecture = architectureOf(header);
  const heads = (name: string): number | undefined => {
    const key = `${architecture}.attention.${name}`;
    const isList = header.metadata.get(key)?.type === 'array';
    return isList ? 0 : getInteger(header, key, { min: 0, max: 65_536 });
  };
  const nHeads = heads('head_count') ?? 0;
  return {
    architecture,
    nHeads,
    nHeadsKv: heads('head_count_kv') ?? nHeads,
    tensors: new Map(header.tensors.map(({ name, shape }) => [name, shape])),
  };
}

/**
 * Throws `bad_request` for an adapter of another model, `invalid_gguf` for one that is none. Beyond what
 * llama.cpp checks when it loads one (llama-adapter.cpp): the dimensions of embeddings, and embeddings that are the output
 * as well, for which its graph has no form.
 */
export function checkAdapter(header: GgufHeader, base: AdapterBase): void {
  const type = getString(header, 'adapter.type') ?? '';
  if (type !== 'lora') throw invalidGguf(`the adapter is of the type ${quoted(type)}, not "lora"`);
  const architecture = architectureOf(header);
  if (architecture !== base.architecture)
    throw misfit(`it is for ${quoted(architecture)}, the model is ${quoted(base.architecture)}`);
  const shapes = new Map(header.tensors.map(({ name, shape }) => [name, shape]));
  const names = new Set([...shapes.keys()].map((name) => name.replace(/\.lora_[ab]$/, '')));
  for (const name of names) {
    // llama.cpp passes over what some tools save beside the matrices.
    if (name.endsWith('_norm.weight') && shapes.has(name)) continue;
    const a = shapes.get(`${name}.lora_a`);
    const b = shapes.get(`${name}.lora_b`);
    if (a === undefined || b === undefined || shapes.has(name))
      throw invalidGguf(`the adapter's tensor ${quoted(name)} is not a pair`);
    checkPair(name, a, b, base.tensors);
  }
}

function checkPair(
  name: string,
  a: readonly number[],
  b: readonly number[],
  tensors: AdapterBase['tensors'],
): void {
  const shape = tensors.get(name);
  if (shape === undefined) throw misfit(`the model has no tensor ${quoted(name)}`);
  const isEmbedding = name === tokenEmbedding;
  if (isEmbedding && !tensors.has('output.weight'))
    throw misfit('the embeddings of this model are its output as well and cannot be adapted');
  const [width, height, ...outer] = shape;
  // Of embeddings rows are picked: A has one row a token.
  const [rank = 0] = b;
  const wantedA = isEmbedding ? [rank, height, ...outer] : [width, rank, ...outer];
  const wantedB = isEmbedding ? [rank, width, ...outer] : [rank, height, ...outer];
  if (shape.length < 2 || a.join() !== wantedA.join() || b.join() !== wantedB.join())
    throw misfit(`the shapes of ${quoted(name)} differ`);
}

function misfit(detail: string): Error {
  return new CriaError('bad_request', `the adapter does not fit the model: ${detail}`);
}
