/** The error of schemas that cannot be honoured. */
import { CriaError } from '../errors.ts';

/** Names the keyword and where it stands (a JSON pointer as a URI fragment); `why` completes the sentence. */
export function unsupported(keyword: string, pointer: string, why = 'is not supported'): CriaError {
  return new CriaError('unsupported_schema', `JSON schema: "${keyword}" at ${pointer} ${why}`, {
    data: { keyword, pointer },
  });
}

/** For schemas that would cost too much. */
export function tooLarge(what: string): CriaError {
  return new CriaError('unsupported_schema', `JSON schema: ${what}`, { data: {} });
}
