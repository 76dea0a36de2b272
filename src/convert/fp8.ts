/**
 * Weights in 8 bits with a scale for every block of a matrix, as transformers' quantization "fp8" stores them (DeepSeek, Qwen,
 * Mistral publish such folders): value = 8-bit number × scale of its block.
 */
import type { ConfigReader } from './config.ts';
import { conversionError, quoted, unsupported } from './error.ts';
import { decodeFloats, isSourceFloat } from './floats.ts';
import { readTensorBytes, type SourceTensor } from './safetensors/weights.ts';

export interface BlockScales {
  readonly tensor: SourceTensor;
  readonly blockRows: number;
  readonly blockColumns: number;
}

/** A tensor whose numbers must be multiplied by scales. */
export interface ScaledTensor extends SourceTensor {
  readonly scales: BlockScales;
}

const suffix = '_scale_inv';

/**
 * Puts each tensor together with its scales; without an entry `quantization_config` the tensors stay as they are. Throws
 * `not_implemented` for other quantizations, `conversion_failed` for scales that do not fit.
 */
export function attachScales(
  tensors: ReadonlyMap<string, SourceTensor>,
  config: ConfigReader,
): ReadonlyMap<string, SourceTensor> {
  const quantization = config.objectOr('quantization_config', undefined);
  if (quantization === undefined) return tensors;
  const method = quantization.textOr('quant_method', '');
  const [blockRows, blockColumns] = quantization.numbersOr('weight_block_size', 2, []);
  const isKnown = method === 'fp8' && quantization.textOr('fmt', 'e4m3') === 'e4m3';
  if (!isKnown || !isBlock(blockRows) || !isBlock(blockColumns))
    throw unsupported(
      `models that are quantized by ${quoted(method)} are not implemented yet; convert the original instead`,
    );
  const attached = new Map<string, SourceTensor>();
  for (const [name, tensor] of tensors) {
    if (name.endsWith(suffix) && tensors.has(name.slice(0, -suffix.length))) continue;
    const scales = tensors.get(`${name}${suffix}`);
    attached.set(
      name,
      scales === undefined ? tensor : withScales(tensor, { tensor: scales, blockRows, blockColumns }),
    );
  }
  return attached;
}

function isBlock(size: number | undefined): size is number {
  return size !== undefined && Number.isInteger(size) && size >= 1;
}

function withScales(tensor: SourceTensor, scales: BlockScales): ScaledTensor {
  const [rows = 0, columns = 0, ...more] = tensor.shape;
  const { shape, type } = scales.tensor;
  const wanted = [Math.ceil(rows / scales.blockRows), Math.ceil(columns / scales.blockColumns)];
  const isSound = tensor.type === 'F8_E4M3' && more.length === 0 && isSourceFloat(type);
  if (!isSound || shape.join() !== wanted.join())
    throw conversionError(`the scales of ${quoted(tensor.name)} do not fit`);
  return { ...tensor, scales };
}

export function isScaled(tensor: SourceTensor): tensor is ScaledTensor {
  return 'scales' in tensor;
}

/** All scales of a tensor in their order. */
export async function readScales({ scales: { tensor } }: ScaledTensor): Promise<Float32Array> {
  if (!isSourceFloat(tensor.type)) throw new RangeError(`${tensor.type} was not refused before`);
  return decodeFloats(tensor.type, await readTensorBytes(tensor, 0, tensor.sizeBytes));
}

let table: Float32Array | undefined;

/** Value of each of the 256 bit patterns: sign, 4 bits of exponent, 3 of fraction; no infinities (OCP 8-bit formats, E4M3). */
function e4m3Values(): Float32Array {
  table ??= Float32Array.from({ length: 256 }, (_, bits) => {
    const exponent = (bits >> 3) & 15;
    const fraction = bits & 7;
    const magnitude =
      exponent === 15 && fraction === 7
        ? Number.NaN
        : exponent === 0
          ? fraction * 2 ** -9
          : (1 + fraction / 8) * 2 ** (exponent - 7);
    return bits & 0x80 ? -magnitude : magnitude;
  });
  return table;
}

/** `codes`: elements of the matrix from index `first` on, row by row. */
export function dequantize(
  codes: Uint8Array,
  first: number,
  { shape, scales: { blockRows, blockColumns } }: ScaledTensor,
  scales: Float32Array,
): Float32Array<ArrayBuffer> {
  const values = e4m3Values();
  const columns = shape[1] ?? 1;
  const scalesPerRow = Math.ceil(columns / blockColumns);
  const result = new Float32Array(codes.length);
  let row = Math.floor(first / columns);
  let column = first % columns;
  for (let i = 0; i < codes.length; i++) {
    const block = Math.floor(row / blockRows) * scalesPerRow + Math.floor(column / blockColumns);
    result[i] = (values[codes[i] ?? 0] ?? 0) * (scales[block] ?? 0);
    if (++column === columns) {
      column = 0;
      row++;
    }
  }
  return result;
}
