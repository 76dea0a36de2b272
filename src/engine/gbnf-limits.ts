/** Refuses grammars that would exhaust the stack of llama.cpp's recursive parser, which would end the process. */
import { CriaError } from '../errors.ts';

const maxBytes = 1024 * 1024;
const maxDepth = 200;
const maxRules = 5000;

/** Throws `bad_request`. Whether the text is valid GBNF is left to llama.cpp. */
export function checkGbnf(gbnf: string): void {
  if (gbnf.includes('\0')) throw new CriaError('bad_request', 'the grammar contains a zero byte');
  if (Buffer.byteLength(gbnf) > maxBytes)
    throw new CriaError('bad_request', `the grammar is longer than ${maxBytes} bytes`);
  let depth = 0;
  let nRules = 0;
  for (const [match] of gbnf.matchAll(/"(?:\\[\s\S]|[^"\\])*"|\[(?:\\[\s\S]|[^\]\\])*\]|#[^\n]*|::=|[()]/g)) {
    if (match === '(') depth++;
    else if (match === ')') depth--;
    else if (match === '::=') nRules++;
    if (depth > maxDepth)
      throw new CriaError('bad_request', `the grammar nests groups deeper than ${maxDepth}`);
  }
  if (nRules > maxRules) throw new CriaError('bad_request', `the grammar has more than ${maxRules} rules`);
}
