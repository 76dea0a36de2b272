/** Texts of special tokens, found without making a text of every token of the vocabulary. */
import { invalidGguf } from './error.ts';
import { maxArrayLength } from './limits.ts';
import { getInteger, getString } from './metadata.ts';
import type { GgufArray, GgufHeader } from './types.ts';

/** Empty texts: the vocabulary has no such token. */
export interface SpecialTokens {
  readonly nVocab: number;
  readonly bosToken: string;
  readonly eosToken: string;
  readonly fim: { readonly prefix: string; readonly suffix: string; readonly middle: string } | undefined;
}

type Role = 'bos' | 'eos' | 'prefix' | 'suffix' | 'middle';

const allRoles: readonly Role[] = ['bos', 'eos', 'prefix', 'suffix', 'middle'];

/** Keys that name a token's id; the first that is present counts. */
const idKeys: Readonly<Record<Role, readonly string[]>> = {
  bos: ['bos_token_id'],
  eos: ['eos_token_id'],
  prefix: ['fim_pre_token_id', 'prefix_token_id'],
  suffix: ['fim_suf_token_id', 'suffix_token_id'],
  middle: ['fim_mid_token_id', 'middle_token_id'],
};

/** Ids that llama.cpp assumes for a tokenizer model whose file names none (llama-vocab.cpp: special_bos_id …). */
const defaultIds: Readonly<Record<string, { readonly bos?: number; readonly eos?: number }>> = {
  llama: { bos: 1, eos: 2 },
  gpt2: { bos: 11, eos: 11 },
  bert: { bos: 101 },
  t5: { eos: 1 },
  plamo2: { bos: 1, eos: 2 },
};

/** Tokens that llama.cpp takes for fill-in-the-middle when no key names them (llama-vocab.cpp: FIM_PRE …). */
const fimTexts: ReadonlyMap<string, Role> = new Map([
  ['<|fim_prefix|>', 'prefix'],
  ['<fim-prefix>', 'prefix'],
  ['<fim_prefix>', 'prefix'],
  ['<｜fim▁begin｜>', 'prefix'],
  ['<PRE>', 'prefix'],
  ['▁<PRE>', 'prefix'],
  ['<|code_prefix|>', 'prefix'],
  ['<|prefix|>', 'prefix'],
  ['<|fim_suffix|>', 'suffix'],
  ['<fim-suffix>', 'suffix'],
  ['<fim_suffix>', 'suffix'],
  ['<｜fim▁hole｜>', 'suffix'],
  ['<SUF>', 'suffix'],
  ['▁<SUF>', 'suffix'],
  ['<|code_suffix|>', 'suffix'],
  ['<|suffix|>', 'suffix'],
  ['<|fim_middle|>', 'middle'],
  ['<fim-middle>', 'middle'],
  ['<fim_middle>', 'middle'],
  ['<｜fim▁end｜>', 'middle'],
  ['<MID>', 'middle'],
  ['▁<MID>', 'middle'],
  ['<|code_middle|>', 'middle'],
  ['<|middle|>', 'middle'],
]);
const fimLengths: ReadonlySet<number> = new Set([...fimTexts.keys()].map((text) => Buffer.byteLength(text)));

export async function readSpecialTokens(header: GgufHeader): Promise<SpecialTokens> {
  const tokens = tokenArray(header);
  if (tokens === undefined) return { nVocab: 0, bosToken: '', eosToken: '', fim: undefined };
  const named = new Set<Role>();
  const rolesById = new Map<number, Role[]>();
  for (const role of allRoles) {
    const id = tokenId(header, role);
    if (id === undefined) continue;
    named.add(role);
    rolesById.set(id, [...(rolesById.get(id) ?? []), role]);
  }
  const texts = new Map<Role, string>();
  await tokens.visitStrings((buffer, start, end, index) => {
    const roles = rolesById.get(index);
    if (roles !== undefined) for (const role of roles) texts.set(role, buffer.toString('utf8', start, end));
    if (!fimLengths.has(end - start)) return; // most tokens: nothing is allocated for them
    const text = buffer.toString('utf8', start, end);
    const role = fimTexts.get(text);
    if (role !== undefined && !named.has(role) && !texts.has(role)) texts.set(role, text);
  });
  const prefix = texts.get('prefix');
  const suffix = texts.get('suffix');
  const middle = texts.get('middle');
  return {
    nVocab: tokens.length,
    bosToken: texts.get('bos') ?? '',
    eosToken: texts.get('eos') ?? '',
    fim:
      prefix === undefined || suffix === undefined || middle === undefined
        ? undefined
        : { prefix, suffix, middle },
  };
}

function tokenArray(header: GgufHeader): GgufArray | undefined {
  const entry = header.metadata.get('tokenizer.ggml.tokens');
  if (entry === undefined) return undefined;
  if (entry.type !== 'array' || entry.array.elementType !== 'string')
    throw invalidGguf('tokenizer.ggml.tokens is not an array of texts');
  return entry.array;
}

/** An id beyond the vocabulary names no token; llama.cpp ignores it, too. */
function tokenId(header: GgufHeader, role: Role): number | undefined {
  for (const key of idKeys[role]) {
    const id = getInteger(header, `tokenizer.ggml.${key}`, { min: -1, max: 0xffff_ffff });
    if (id !== undefined) return id >= 0 && id < maxArrayLength ? id : undefined;
  }
  if (role !== 'bos' && role !== 'eos') return undefined;
  return defaultIds[getString(header, 'tokenizer.ggml.model') ?? '']?.[role];
}
