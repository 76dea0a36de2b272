/** A folder with a LoRA adapter, as the peft library or mlx-lm saves it → the content of a GGUF adapter. */
import type { AdapterBase } from '../../gguf/adapter.ts';
import type { GgufContent, GgufWriteTensor } from '../../gguf/writer.ts';
import type { TensorRule } from '../arch/types.ts';
import { conversionError, quoted, unsupported } from '../error.ts';
import { decodeFloats, isSourceFloat } from '../floats.ts';
import { ModelFolder } from '../folder.ts';
import { maxAdapterMatrixBytes } from '../limits.ts';
import { float, text, uint } from '../metadata.ts';
import { readTensorBytes, type SourceTensor, Weights } from '../safetensors/weights.ts';
import { interleaveHalves, requireFloat, type Transform } from '../tensor-data.ts';
import { maxRank, readAdapterConfig } from './config.ts';
import { adapterRules } from './families.ts';
import { type ModuleChange, readModules } from './modules.ts';

/** What is to be written. The content reads from the folder's files until it is disposed of. */
export interface AdapterConversion extends AsyncDisposable {
  readonly content: GgufContent;
}

/**
 * `files`: relative name → path. All matrices become F32: adapters are small. Throws `conversion_failed` for files that make
 * no sense together or do not fit the base, `not_implemented` for kinds of adapters that are not done, `cancelled`.
 */
export async function convertAdapter(
  files: ReadonlyMap<string, string>,
  base: AdapterBase,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<AdapterConversion> {
  const folder = new ModelFolder(files);
  const json = await folder.readJson('adapter_config.json');
  if (json === undefined) throw conversionError('adapter_config.json is missing');
  const config = readAdapterConfig(json);
  const findRule = adapterRules(base);
  const weights = await Weights.open(adapterFiles(folder, files), options);
  try {
    const { changes, copies } = readModules(weights.tensors);
    const ruleOf = (module: string): TensorRule => {
      const rule = findRule(module);
      if (rule !== undefined && base.tensors.has(rule.to)) return rule;
      throw conversionError(`the base model has no module ${quoted(module)}`);
    };
    for (const [module, { shape }] of copies)
      if (base.tensors.get(ruleOf(module).to)?.toReversed().join() !== shape.join())
        throw unsupported(`adapters that change the size of ${quoted(module)} are not implemented yet`);
    const tensors = changes.flatMap((change) => {
      const { to: name, transform } = ruleOf(change.module);
      return pairOf(change, { name, transform, factor: config.factorOf(change.module, rankOf(change)) });
    });
    return {
      content: {
        metadata: [
          ['general.architecture', text(base.architecture)],
          ['general.type', text('adapter')],
          ['general.file_type', uint(0)],
          ['adapter.type', text('lora')],
          ['adapter.lora.alpha', float(config.alpha)],
        ],
        tensors,
      },
      [Symbol.asyncDispose]: () => weights[Symbol.asyncDispose](),
    };
  } catch (error) {
    await weights[Symbol.asyncDispose]();
    throw error;
  }
}

/** `adapter_model.safetensors` by peft, `adapters.safetensors` by mlx-lm, which leaves copies of earlier states beside it. */
function adapterFiles(
  folder: ModelFolder,
  files: ReadonlyMap<string, string>,
): { name: string; path: string }[] {
  const known = ['adapter_model.safetensors', 'adapters.safetensors', 'model.safetensors'];
  const name = known.find((candidate) => folder.has(candidate)) ?? onlyWeights(folder);
  const path = name === undefined ? undefined : files.get(name);
  if (name === undefined || path === undefined)
    throw conversionError('there is no adapter_model.safetensors');
  return [{ name, path }];
}

function onlyWeights(folder: ModelFolder): string | undefined {
  const names = folder.names().filter((name) => name.endsWith('.safetensors'));
  return names.length === 1 ? names[0] : undefined;
}

function rankOf({ module, a, b, isTransposed }: ModuleChange): number {
  const [rank] = isTransposed ? a.shape.toReversed() : a.shape;
  const [inner] = isTransposed ? b.shape : b.shape.toReversed();
  const isSound = a.shape.length === 2 && b.shape.length === 2 && rank !== undefined && rank === inner;
  if (!isSound || rank < 1 || rank > maxRank || a.shape.includes(0) || b.shape.includes(0))
    throw conversionError(`the matrices of ${quoted(module)} do not fit together`);
  for (const tensor of [a, b]) {
    requireFloat(tensor);
    if (tensor.sizeBytes > maxAdapterMatrixBytes)
      throw conversionError(`the adapter's tensor ${quoted(tensor.name)} is too large`);
  }
  return rank;
}

/** The factor is applied to A, the order of rotated rows to B. */
function pairOf(
  { a, b, isTransposed }: ModuleChange,
  { name, transform, factor }: { name: string; transform: Transform | undefined; factor: number },
): readonly GgufWriteTensor[] {
  // Of embeddings llama.cpp picks rows, so A has one row a token.
  const isEmbedding = name === 'token_embd.weight';
  return [
    matrix(`${name}.lora_a`, a, { isTransposed: isTransposed !== isEmbedding, factor }),
    matrix(`${name}.lora_b`, b, { isTransposed, factor: 1, transform }),
  ];
}

interface MatrixChange {
  readonly isTransposed: boolean;
  readonly factor: number;
  readonly transform?: Transform | undefined;
}

function matrix(name: string, source: SourceTensor, change: MatrixChange): GgufWriteTensor {
  const { shape } = source;
  const turned = change.isTransposed ? shape.toReversed() : shape;
  requireHeads(source, turned, change.transform);
  return { name, type: 'F32', shape: turned.toReversed(), data: () => streamMatrix(source, change) };
}

/** Whole, at once: what is limited to `maxAdapterMatrixBytes` fits into memory. */
async function* streamMatrix(
  source: SourceTensor,
  { isTransposed, factor, transform }: MatrixChange,
): AsyncGenerator<Uint8Array> {
  if (!isSourceFloat(source.type)) throw new RangeError(`${source.type} was not refused before`);
  const [nRows = 0, width = 0] = source.shape;
  const read = decodeFloats(source.type, await readTensorBytes(source, 0, source.sizeBytes));
  const values = isTransposed ? transpose(read, nRows, width) : read;
  if (factor !== 1) for (let i = 0; i < values.length; i++) values[i]! *= factor;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const [height, rank] = isTransposed ? [width, nRows] : [nRows, width];
  yield transform?.type === 'rotary'
    ? interleaveHalves(bytes, { rowBytes: rank * 4, headRows: height / transform.nHeads })
    : bytes;
}

function transpose(
  values: Float32Array<ArrayBuffer>,
  nRows: number,
  width: number,
): Float32Array<ArrayBuffer> {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < nRows; row++)
    for (let column = 0; column < width; column++)
      turned[column * nRows + row] = values[row * width + column] ?? 0;
  return turned;
}

function requireHeads(
  { name }: SourceTensor,
  [nRows = 0]: readonly number[],
  transform: Transform | undefined,
): void {
  if (transform?.type !== 'rotary') return;
  const rows = nRows / transform.nHeads;
  if (!Number.isInteger(rows) || rows % 2 !== 0)
    throw conversionError(
      `tensor ${quoted(name)} has ${nRows} rows, which do not make ${transform.nHeads} heads`,
    );
}
