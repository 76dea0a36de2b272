/** Which tokens play a role: beginning, end, padding …; the folder's files name them by text or by id. */
import type { JsonValue } from '../../types/json.ts';
import { type ConfigReader, isJsonObject } from '../config.ts';
import { flag, type Metadata, uint } from '../metadata.ts';
import { tokenType, type Vocabulary } from './types.ts';

/** Role → key behind `tokenizer.ggml.`; llama.cpp's own spelling of the separator. */
const idKeys = {
  bos: 'bos_token_id',
  eos: 'eos_token_id',
  unk: 'unknown_token_id',
  sep: 'seperator_token_id',
  pad: 'padding_token_id',
  cls: 'cls_token_id',
  mask: 'mask_token_id',
} as const;

type Role = keyof typeof idKeys;

/** The files that may say something about roles. */
export interface RoleSources {
  readonly tokenizerConfig: ConfigReader | undefined;
  readonly specialTokensMap: ConfigReader | undefined;
  readonly config: ConfigReader;
  readonly generationConfig: ConfigReader | undefined;
  /** `post_processor` of tokenizer.json. */
  readonly postProcessor: JsonValue;
}

/**
 * Of several tokens that end a text, GGUF takes the first as the end of text, and up to two more as the end of a turn
 * and of a message: llama.cpp stops at any of them.
 */
export function specialTokenMetadata(vocabulary: Vocabulary, sources: RoleSources): Metadata {
  const roles = new Map<Role, number>();
  const entries: [string, Metadata[number][1]][] = [];
  for (const role of Object.keys(idKeys)) {
    if (!isRole(role)) continue;
    const id = idOf(role, vocabulary, sources);
    if (id !== undefined) roles.set(role, id);
  }
  const ends = endIds(sources, roles.get('eos'), vocabulary);
  const [eos, ...others] = ends;
  if (eos !== undefined) roles.set('eos', eos);
  if (vocabulary.model === 'bert') {
    // Encoders begin with the classifier's token and end with the separator.
    const cls = roles.get('cls');
    const sep = roles.get('sep');
    if (cls !== undefined && !roles.has('bos')) roles.set('bos', cls);
    if (sep !== undefined && !roles.has('eos')) roles.set('eos', sep);
  }
  for (const [role, id] of roles) entries.push([`tokenizer.ggml.${idKeys[role]}`, uint(id)]);
  if (others[0] !== undefined) entries.push(['tokenizer.ggml.eot_token_id', uint(others[0])]);
  if (others[1] !== undefined) entries.push(['tokenizer.ggml.eom_token_id', uint(others[1])]);
  const added = addedAround(sources, vocabulary, roles);
  // Without a key llama.cpp would take its default, which is another token of this vocabulary.
  const bos = roles.has('bos') ? added.bos : false;
  if (bos !== undefined) entries.push(['tokenizer.ggml.add_bos_token', flag(bos)]);
  if (added.eos !== undefined) entries.push(['tokenizer.ggml.add_eos_token', flag(added.eos)]);
  if (separatesTwice(sources, vocabulary, roles.get('sep')))
    entries.push(['tokenizer.ggml.add_sep_token', flag(true)]);
  return entries;
}

function isRole(name: string): name is Role {
  return Object.hasOwn(idKeys, name);
}

function idOf(role: Role, vocabulary: Vocabulary, sources: RoleSources): number | undefined {
  const { tokenizerConfig, specialTokensMap, config, generationConfig } = sources;
  for (const file of [tokenizerConfig, specialTokensMap]) {
    const text = tokenText(file?.raw(`${role}_token`));
    const id = text === undefined ? undefined : vocabulary.ids.get(text);
    if (id !== undefined) return id;
  }
  for (const file of [config, generationConfig]) {
    const [id] = idsOf(file?.raw(`${role}_token_id`), vocabulary.tokens.length);
    if (id !== undefined) return id;
  }
  return role === 'bos' || role === 'eos' || role === 'unk' || role === 'pad'
    ? vocabulary.roles?.[role]
    : undefined;
}

/**
 * Ends of a text: the tokenizer's own first, then what generation stops at. Ids of ordinary tokens are left out: they are
 * leftovers of another tokenizer.
 */
function endIds(
  { config, generationConfig }: RoleSources,
  first: number | undefined,
  { types }: Vocabulary,
): readonly number[] {
  const stops = [generationConfig, config]
    .flatMap((file) => idsOf(file?.raw('eos_token_id'), types.length))
    .filter((id) => types[id] === tokenType.control || types[id] === tokenType.userDefined);
  return [...new Set(first === undefined ? stops : [first, ...stops])];
}

function tokenText(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return isJsonObject(value) && typeof value.content === 'string' ? value.content : undefined;
}

/** An id or a list of ids; those beyond the vocabulary name no token. */
function idsOf(value: JsonValue | undefined, nTokens: number): readonly number[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter(
    (id): id is number => typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < nTokens,
  );
}

/** Whether the tokenizer puts tokens around every text; undefined = nothing is said. */
function addedAround(
  { tokenizerConfig, postProcessor }: RoleSources,
  vocabulary: Vocabulary,
  roles: ReadonlyMap<Role, number>,
): { readonly bos: boolean | undefined; readonly eos: boolean | undefined } {
  const template = templateOf(postProcessor);
  const first = specialId(template?.[0], vocabulary);
  const last = specialId(template?.at(-1), vocabulary);
  const ofTemplate = <T>(value: T): T | undefined => (template === undefined ? undefined : value);
  return {
    bos:
      tokenizerConfig?.flagOr('add_bos_token', undefined) ??
      ofTemplate(first !== undefined && (first === roles.get('bos') || first === roles.get('cls'))),
    eos:
      tokenizerConfig?.flagOr('add_eos_token', undefined) ??
      ofTemplate(last !== undefined && (last === roles.get('eos') || last === roles.get('sep'))),
  };
}

/** Whether two separators stand between the texts of a pair: GGUF has the end of the first text, and a separator besides. */
function separatesTwice(
  { postProcessor }: RoleSources,
  vocabulary: Vocabulary,
  separator: number | undefined,
): boolean {
  const template = templateOf(postProcessor, 'pair') ?? [];
  const isText = (item: JsonValue): boolean => isJsonObject(item) && item.Sequence !== undefined;
  const [first = 0, second = 0] = template.flatMap((item, i) => (isText(item) ? [i] : []));
  const between = template.slice(first + 1, second);
  return (
    separator !== undefined &&
    between.length === 2 &&
    between.every((item) => specialId(item, vocabulary) === separator)
  );
}

function specialId(item: JsonValue | undefined, vocabulary: Vocabulary): number | undefined {
  const special = isJsonObject(item) ? item.SpecialToken : undefined;
  const id = isJsonObject(special) ? special.id : undefined;
  return typeof id === 'string' ? vocabulary.ids.get(id) : undefined;
}

/** The parts around a single text, or around two; undefined without a template. */
function templateOf(
  processor: JsonValue,
  kind: 'single' | 'pair' = 'single',
): readonly JsonValue[] | undefined {
  if (!isJsonObject(processor)) return undefined;
  if (processor.type === 'TemplateProcessing') {
    const template = processor[kind];
    return Array.isArray(template) ? template : undefined;
  }
  const inner = processor.processors;
  if (processor.type !== 'Sequence' || !Array.isArray(inner)) return undefined;
  return inner.map((part) => templateOf(part, kind)).find((template) => template !== undefined);
}
