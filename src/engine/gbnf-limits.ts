/** Refuses grammars that would exhaust the stack of llama.cpp's recursive parser, which would end the process, or keep it busy for ever. */
import { CriaError } from '../errors.ts';

const maxBytes = 1024 * 1024;
const maxDepth = 200;
const maxRules = 5000;

/** What the text shows without parsing it. */
export interface GbnfTraits {
  /** It names tokens (`<think>`, `!<[7]>`): then a token may be allowed although one that it begins with isn't. */
  readonly hasTokens: boolean;
}

/** Throws `bad_request`. Whether the text is valid GBNF is left to llama.cpp. */
export function checkGbnf(gbnf: string): GbnfTraits {
  if (gbnf.includes('\0')) throw new CriaError('bad_request', 'the grammar contains a zero byte');
  if (Buffer.byteLength(gbnf) > maxBytes)
    throw new CriaError('bad_request', `the grammar is longer than ${maxBytes} bytes`);
  let depth = 0;
  let nRules = 0;
  let hasTokens = false;
  for (const [match] of gbnf.matchAll(
    /"(?:\\[\s\S]|[^"\\])*"|\[(?:\\[\s\S]|[^\]\\])*\]|#[^\n]*|\{(?:#[^\n]*|[^}#])*\}|::=|[()<]/g,
  )) {
    if (match === '(') depth++;
    else if (match === ')') depth--;
    else if (match === '::=') nRules++;
    else if (match === '<') hasTokens = true;
    else if (match.startsWith('{')) checkRepetition(match);
    if (depth > maxDepth)
      throw new CriaError('bad_request', `the grammar nests groups deeper than ${maxDepth}`);
  }
  if (nRules > maxRules) throw new CriaError('bad_request', `the grammar has more than ${maxRules} rules`);
  return { hasTokens };
}

/** llama.cpp counts from the least to the most without a look at which is larger, for ever. Blanks and comments may stand between. */
function checkRepetition(text: string): void {
  const [least, most] = text
    .slice(1, -1)
    .replaceAll(/#[^\n]*|\s/g, '')
    .split(',');
  if (most !== undefined && most !== '' && Number(most) < Number(least))
    throw new CriaError(
      'bad_request',
      `the grammar repeats something at least ${least}, but at most ${most} times`,
    );
}
