/** Standard base64 (RFC 4648 §4) as Go decodes it: padding required, line breaks ignored, anything else refused. */
import { CriaError } from '../errors.ts';

const alphabetOnly = /^[A-Za-z0-9+/]*={0,2}$/;

/** Throws `bad_request` with the offset of the first byte that does not fit. */
export function decodeBase64(text: string): Uint8Array {
  const compact = text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, '') : text;
  // Buffer skips what it doesn't know, so the check comes first.
  if (compact.length % 4 !== 0 || !alphabetOnly.test(compact))
    throw new CriaError('bad_request', `illegal base64 data at input byte ${firstMisfit(text)}`);
  return Buffer.from(compact, 'base64');
}

/** Where Go's decoder stops: at a foreign byte, at misplaced padding, or at the group that isn't complete. */
function firstMisfit(text: string): number {
  let inGroup = 0;
  let isPadded = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string; // i < length
    if (c === '\n' || c === '\r') continue;
    if (isPadded && inGroup === 0) return i; // something after the end
    if (c === '=') {
      if (inGroup < 2) return i;
      isPadded = true;
    } else if (isPadded || !/[A-Za-z0-9+/]/.test(c)) {
      return isPadded ? i - 1 : i;
    }
    inGroup = (inGroup + 1) % 4;
  }
  return isPadded ? text.length : text.length - inGroup;
}
