/**
 * The string formats of JSON Schema as regular expressions. Each describes only valid texts; where the standard allows more than
 * anybody writes (quoted mailbox names, IP literals in URIs), less than all of them.
 */
import { Automata } from './automata.ts';
import type { Automaton } from './automaton.ts';

const digit = '[0-9]';
const hex = '[0-9a-fA-F]';

/** Days that exist: 30 and 31, and the 29th of February in leap years. */
const date = ((): string => {
  const year = `${digit}{4}`;
  const leap = '(?:0[48]|[2468][048]|[13579][26])';
  const leapYear = `(?:${digit}{2}${leap}|(?:${leap}|00)00)`;
  const long = '(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])';
  const short = '(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)';
  const february = '02-(?:0[1-9]|1[0-9]|2[0-8])';
  return `(?:${year}-(?:${long}|${short}|${february})|${leapYear}-02-29)`;
})();

const time = ((): string => {
  const hours = '(?:[01][0-9]|2[0-3])';
  const minutes = '[0-5][0-9]';
  return `${hours}:${minutes}:${minutes}(?:\\.${digit}{1,9})?(?:Z|[+-]${hours}:${minutes})`;
})();

const duration = ((): string => {
  const count = (unit: string): string => `${digit}{1,9}${unit}`;
  const clock = `T(?:${count('H')}(?:${count('M')}(?:${count('S')})?)?|${count('M')}(?:${count('S')})?|${count('S')})`;
  const days = `${count('D')}`;
  const calendar = `(?:${days}|${count('M')}(?:${days})?|${count('Y')}(?:${count('M')}(?:${days})?)?)`;
  return `P(?:${calendar}(?:${clock})?|${clock}|${count('W')})`;
})();

const ipv4 = ((): string => {
  const byte = `(?:25[0-5]|2[0-4]${digit}|1${digit}{2}|[1-9]?${digit})`;
  return `${byte}(?:\\.${byte}){3}`;
})();

const ipv6 = ((): string => {
  const group = `${hex}{1,4}`;
  const alternatives = [`${group}(?::${group}){7}`];
  for (let before = 0; before <= 7; before++) {
    const left = before === 0 ? '' : `${group}(?::${group}){${before - 1}}`;
    const after = 7 - before;
    const right = after === 0 ? '' : `(?:${group}(?::${group}){0,${after - 1}})?`;
    alternatives.push(`${left}::${right}`);
  }
  return `(?:${alternatives.join('|')})`;
})();

/** A label may have 63 characters and a host name 253; shorter ones keep the grammar small. */
const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,22}[a-zA-Z0-9])?';
const hostname = `${label}(?:\\.${label}){0,5}`;

/** At most 100 characters, where 254 are allowed. */
const email = ((): string => {
  const localChar = '[a-zA-Z0-9_+-]';
  const shortLabel = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,17}[a-zA-Z0-9])?';
  return `${localChar}(?:\\.?${localChar}){0,14}@(?:${shortLabel}\\.){1,3}[a-zA-Z]{2,10}`;
})();

const uri = ((): string => {
  const encoded = `%${hex}{2}`;
  const pathChar = `(?:[a-zA-Z0-9._~!$&'()*+,;=:@-]|${encoded})`;
  const queryChar = `(?:[a-zA-Z0-9._~!$&'()*+,;=:@/?-]|${encoded})`;
  const host = '[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?';
  const hierarchical = `//${host}(?::${digit}{1,5})?(?:/${pathChar}*)*`;
  const tail = `(?:\\?${queryChar}*)?(?:#${queryChar}*)?`;
  return `[a-zA-Z][a-zA-Z0-9+.-]*:(?:${hierarchical}|${pathChar}+)${tail}`;
})();

const uriReference = ((): string => {
  const pathChar = "[a-zA-Z0-9._~!$&'()*+,;=@-]";
  const path = `/?(?:${pathChar}+(?:/${pathChar}+)*/?)?`;
  return `(?:${uri}|${path}(?:\\?[a-zA-Z0-9._~&=-]*)?(?:#[a-zA-Z0-9._~-]*)?)`;
})();

const uuid = `${hex}{8}-${hex}{4}-${hex}{4}-${hex}{4}-${hex}{12}`;
const jsonPointer = '(?:/(?:[^/~]|~[01])*)*';

/** Regular expressions of whole texts, without anchors. */
const formatPatterns: ReadonlyMap<string, string> = new Map([
  ['date', date],
  ['time', time],
  ['date-time', `${date}T${time}`],
  ['duration', duration],
  ['ipv4', ipv4],
  ['ipv6', ipv6],
  ['hostname', hostname],
  ['email', email],
  ['uri', uri],
  ['uri-reference', uriReference],
  ['uuid', uuid],
  ['json-pointer', jsonPointer],
]);

/** Formats that are honoured. */
export const honouredFormats: readonly string[] = [...formatPatterns.keys()];

const automata = new Map<string, Automaton>();

/** The texts of a format, or most of them; undefined for formats that are annotations. Made once for each format. */
export function formatAutomaton(format: string): Automaton | undefined {
  const pattern = formatPatterns.get(format);
  if (pattern === undefined) return undefined;
  let automaton = automata.get(format);
  if (automaton === undefined) {
    automaton = new Automata().pattern(`^(?:${pattern})$`);
    automata.set(format, automaton);
  }
  return automaton;
}

/** Formats of the standard that no regular expression of ours describes; all others are annotations. */
export const refusedFormats: ReadonlySet<string> = new Set([
  'idn-email',
  'idn-hostname',
  'iri',
  'iri-reference',
  'regex',
  'relative-json-pointer',
  'uri-template',
]);
