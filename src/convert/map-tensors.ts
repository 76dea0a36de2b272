/** Applies a family's rules: every tensor of the folder becomes part of the GGUF, or is known to be of no use. */
import type { GgufWriteTensor } from '../gguf/writer.ts';
import type { Architecture, TensorRule } from './arch/types.ts';
import { conversionError, quoted } from './error.ts';
import type { FloatType } from './floats.ts';
import type { SourceTensor } from './safetensors/weights.ts';
import { type Piece, requireFloat, streamTensor, wholeOf } from './tensor-data.ts';

/** Throws `conversion_failed` for missing and for unknown tensors, `not_implemented` for types that cannot be read. */
export function mapTensors(
  tensors: ReadonlyMap<string, SourceTensor>,
  architecture: Architecture,
  options: { type: FloatType; signal?: AbortSignal | undefined },
): readonly GgufWriteTensor[] {
  const prefix = prefixOf(tensors, architecture);
  const used = new Set<string>();
  const take = (name: string): SourceTensor | undefined => {
    // A name that starts with a slash is not behind the prefix.
    const full = name.startsWith('/') ? name.slice(1) : prefix + name;
    const tensor = tensors.get(full);
    if (tensor !== undefined) used.add(full);
    return tensor;
  };
  const written = [...(architecture.extra ?? [])];
  for (const rule of architecture.rules) {
    const layers = rule.from.includes('{l}') ? architecture.nLayers : 1;
    for (let layer = 0; layer < layers; layer++) {
      const tensor = applyRule(rule, layer, architecture.nExperts ?? 0, take, options);
      if (tensor !== undefined) written.push(tensor);
    }
  }
  for (const name of tensors.keys()) {
    const local = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    if (!used.has(name) && !architecture.ignored.test(local))
      throw conversionError(`tensor ${quoted(name)} is not known in this architecture`);
  }
  return written;
}

function prefixOf(tensors: ReadonlyMap<string, SourceTensor>, { prefixes, probe }: Architecture): string {
  const prefix = prefixes.find((candidate) => tensors.has(candidate + probe));
  if (prefix === undefined) throw conversionError(`tensor ${quoted(probe)} is missing`);
  return prefix;
}

/** The tensor whose first dimension is the vocabulary. */
export function embeddingOf(
  tensors: ReadonlyMap<string, SourceTensor>,
  architecture: Architecture,
): SourceTensor {
  const tensor = tensors.get(prefixOf(tensors, architecture) + architecture.probe);
  if (tensor === undefined || tensor.shape.length !== 2)
    throw conversionError(`tensor ${quoted(architecture.probe)} is not a matrix`);
  return tensor;
}

function applyRule(
  rule: TensorRule,
  layer: number,
  nExperts: number,
  take: (name: string) => SourceTensor | undefined,
  { type, signal }: { type: FloatType; signal?: AbortSignal | undefined },
): GgufWriteTensor | undefined {
  const from = rule.from.replace('{l}', String(layer));
  const isPerExpert = from.includes('{e}');
  const names = isPerExpert
    ? Array.from({ length: nExperts }, (_, e) => from.replace('{e}', String(e)))
    : [from];
  const sources: SourceTensor[] = [];
  for (const name of names) {
    const tensor = take(name);
    if (tensor !== undefined) sources.push(tensor);
    else if (rule.isOptional === undefined || sources.length > 0)
      throw conversionError(`tensor ${quoted(name.replace(/^\//, ''))} is missing`);
  }
  const [first] = sources;
  if (first === undefined) return undefined;
  if (sources.length !== names.length)
    throw conversionError(`tensor ${quoted(from)} is missing for some experts`);
  for (const source of sources) {
    requireFloat(source);
    if (source.shape.length === 0 || source.shape.includes(0) || source.shape.join() !== first.shape.join())
      throw conversionError(`tensor ${quoted(source.name)} has an unexpected shape`);
  }
  const name = rule.to.replace('{l}', String(layer));
  const shape = isPerExpert ? [sources.length, ...first.shape] : partOf(first, rule).shape;
  const pieces = isPerExpert ? sources.map(wholeOf) : partOf(first, rule).pieces;
  const written = isKeptPrecise(name, shape) ? 'F32' : type;
  const { transform } = rule;
  return {
    name,
    type: written,
    shape: shape.toReversed(),
    data: () => streamTensor(pieces, written, { transform, signal }),
  };
}

/** The pieces of a tensor [experts, rows, width] that one of its fused parts consists of; all of it without a part. */
function partOf(
  tensor: SourceTensor,
  { part, skipRows }: TensorRule,
): { shape: readonly number[]; pieces: readonly Piece[] } {
  if (skipRows !== undefined) return withoutRows(tensor, skipRows);
  if (part === undefined) return { shape: tensor.shape, pieces: [wholeOf(tensor)] };
  const [outer, rows, width] = tensor.shape;
  if (outer === undefined || rows === undefined || width === undefined || rows % part.of !== 0)
    throw conversionError(`tensor ${quoted(tensor.name)} has an unexpected shape`);
  const nRows = rows / part.of;
  const pieces = Array.from({ length: outer }, (_, i) => ({
    tensor,
    firstRow: i * rows + part.index * nRows,
    nRows,
  }));
  return { shape: [outer, nRows, width], pieces };
}

function withoutRows(
  tensor: SourceTensor,
  skipRows: number,
): { shape: readonly number[]; pieces: readonly Piece[] } {
  const [rows, width] = tensor.shape;
  if (rows === undefined || width === undefined || tensor.shape.length !== 2 || rows <= skipRows)
    throw conversionError(`tensor ${quoted(tensor.name)} has an unexpected shape`);
  const nRows = rows - skipRows;
  return { shape: [nRows, width], pieces: [{ tensor, firstRow: skipRows, nRows }] };
}

/** llama.cpp computes with these in 32 bits only. */
function isKeptPrecise(name: string, shape: readonly number[]): boolean {
  return (
    shape.length < 2 ||
    name.endsWith('_norm.weight') ||
    name.endsWith('.ffn_gate_inp.weight') ||
    name === 'position_embd.weight' ||
    name === 'token_types.weight'
  );
}
