/** Names of quantizations that a request may ask for. */
import { CriaError } from '../../errors.ts';

const aliases: Readonly<Record<string, string>> = { Q4_K: 'Q4_K_M' };
const known = ['F32', 'F16', 'BF16', 'Q4_K_S', 'Q4_K_M', 'Q8_0'];

/** The name in the file's spelling. Throws `bad_request` for an unknown one. */
export function parseQuantization(text: string): string {
  const upper = text.trim().toUpperCase();
  const name = aliases[upper] ?? upper;
  if (known.includes(name)) return name;
  throw new CriaError(
    'bad_request',
    `unsupported quantization type ${upper} - supported types are F32, F16, Q4_K_S, Q4_K_M, Q8_0`,
  );
}

/** Passes when nothing has to be done. Throws `not_implemented`, and `bad_request` for what can never be done. */
export function requireQuantized(wanted: string | undefined, actual: string): void {
  if (wanted === undefined || wanted === actual) return;
  if (!['F32', 'F16', 'BF16'].includes(actual))
    throw new CriaError('bad_request', 'quantization is only supported for F16, BF16 and F32 models');
  throw new CriaError('not_implemented', `quantizing from ${actual} to ${wanted} is not implemented yet`);
}
