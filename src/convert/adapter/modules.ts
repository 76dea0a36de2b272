/** Names of an adapter's tensors: which module each belongs to and which half of the change it is. */
import { conversionError, quoted, unsupported } from '../error.ts';
import type { SourceTensor } from '../safetensors/weights.ts';

/** The two matrices whose product is added to those of a module. */
export interface ModuleChange {
  /** Name in the base model without prefixes, e.g. `layers.0.self_attn.q_proj`. */
  readonly module: string;
  /** [rank, width] */
  readonly a: SourceTensor;
  /** [height, rank] */
  readonly b: SourceTensor;
  /** mlx-lm stores both the other way round. */
  readonly isTransposed: boolean;
}

interface HalfName {
  readonly module: string;
  readonly half: 'a' | 'b';
  readonly isTransposed: boolean;
}

export interface AdapterModules {
  /** In the order of their names. */
  readonly changes: readonly ModuleChange[];
  /** Copies of the base's matrices, which peft saves beside changes of embeddings: module → its matrix. */
  readonly copies: ReadonlyMap<string, SourceTensor>;
}

/** Throws `conversion_failed` for what is no pair, `not_implemented` for other tensors. */
export function readModules(tensors: ReadonlyMap<string, SourceTensor>): AdapterModules {
  const halves = new Map<string, { a?: SourceTensor; b?: SourceTensor; isTransposed: boolean }>();
  const copies = new Map<string, SourceTensor>();
  for (const [name, tensor] of tensors) {
    const copied = /^(.+)\.base_layer\.weight$/.exec(name)?.[1];
    if (copied !== undefined) {
      copies.set(withoutPrefix(copied), tensor);
      continue;
    }
    const { module, half, isTransposed } = parseName(name);
    const pair = halves.get(module) ?? { isTransposed };
    if (pair[half] !== undefined || pair.isTransposed !== isTransposed)
      throw conversionError(`the adapter has ${quoted(module)} twice`);
    pair[half] = tensor;
    halves.set(module, pair);
  }
  if (halves.size === 0) throw conversionError('the adapter has no tensors');
  const changes = [...halves]
    .toSorted(([x], [y]) => (x < y ? -1 : 1))
    .map(([module, { a, b, isTransposed }]) => {
      if (a === undefined || b === undefined)
        throw conversionError(`the adapter has only one half of ${quoted(module)}`);
      return { module, a, b, isTransposed };
    });
  return { changes, copies };
}

/** `….lora_A.weight` and `….lora_embedding_A` by peft, with the adapter's name between in some versions; `….lora_a` by mlx-lm. */
const ofPeft = /^(.+)\.lora_(?:embedding_)?([AB])(?:\.[\w-]+?)?(?:\.weight)?$/;
const ofMlx = /^(.+)\.lora_([ab])$/;

function parseName(name: string): HalfName {
  const mlx = ofMlx.exec(name);
  const [, path, half] = mlx ?? ofPeft.exec(name) ?? [];
  if (path === undefined || half === undefined)
    throw unsupported(`the adapter's tensor ${quoted(name)} is not implemented yet`);
  return {
    module: withoutPrefix(path),
    half: half === 'A' || half === 'a' ? 'a' : 'b',
    isTransposed: mlx !== null,
  };
}

/** Text models inside of models that also see have one prefix more. */
function withoutPrefix(path: string): string {
  return path.replace(/^(?:base_model\.model\.)?(?:(?:language_)?model\.)*/, '');
}
