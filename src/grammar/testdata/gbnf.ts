/** GBNF for tests: a parser after llama.cpp's, a matcher, and a sampler of random texts. */

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] }
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'choice'; readonly items: readonly Node[] }
  | { readonly kind: 'repeat'; readonly item: Node; readonly min: number; readonly max: number };

export type Grammar = ReadonlyMap<string, Node>;

/** Throws for what llama.cpp refuses: bad syntax, missing rules, left recursion, too many repetitions. */
export function parseGbnf(source: string): Grammar {
  const grammar = new GbnfParser(source).parse();
  for (const node of grammar.values()) checkReferences(node, grammar);
  if (!grammar.has('root')) throw new Error('no root rule');
  checkLeftRecursion(grammar);
  return grammar;
}

class GbnfParser {
  readonly #source: string;
  #position = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): Grammar {
    const rules = new Map<string, Node>();
    this.#space(true);
    while (this.#position < this.#source.length) {
      const name = this.#match(/[a-zA-Z0-9-]+/y);
      if (name === undefined) throw this.#error('a rule name');
      this.#space(false);
      if (this.#match(/::=/y) === undefined) throw this.#error('::=');
      this.#space(true);
      if (rules.has(name)) throw new Error(`rule ${name} twice`);
      rules.set(name, this.#choice(false));
      if (this.#position < this.#source.length && this.#match(/\r?\n/y) === undefined) throw this.#error('a newline');
      this.#space(true);
    }
    return rules;
  }

  #choice(nested: boolean): Node {
    const items = [this.#sequence(nested)];
    while (this.#match(/\|/y) !== undefined) {
      this.#space(true);
      items.push(this.#sequence(nested));
    }
    return items.length === 1 ? items[0]! : { kind: 'choice', items };
  }

  #sequence(nested: boolean): Node {
    const items: Node[] = [];
    for (;;) {
      const item = this.#item(nested);
      if (item === undefined) break;
      items.push(this.#repeated(item, nested));
    }
    return items.length === 1 ? items[0]! : { kind: 'sequence', items };
  }

  #item(nested: boolean): Node | undefined {
    const character = this.#source[this.#position];
    if (character === '"') {
      this.#position++;
      let text = '';
      while (this.#source[this.#position] !== '"') text += String.fromCodePoint(this.#char());
      this.#position++;
      this.#space(nested);
      return { kind: 'text', text };
    }
    if (character === '[') return this.#class(nested);
    if (character === '(') {
      this.#position++;
      this.#space(true);
      const node = this.#choice(true);
      if (this.#match(/\)/y) === undefined) throw this.#error(')');
      this.#space(nested);
      return node;
    }
    const name = this.#match(/[a-zA-Z0-9-]+/y);
    if (name === undefined) return undefined;
    this.#space(nested);
    return { kind: 'rule', name };
  }

  #class(nested: boolean): Node {
    this.#position++;
    const negated = this.#match(/\^/y) !== undefined;
    const ranges: [number, number][] = [];
    while (this.#source[this.#position] !== ']') {
      const first = this.#char();
      if (this.#source[this.#position] === '-' && this.#source[this.#position + 1] !== ']') {
        this.#position++;
        const last = this.#char();
        if (last < first) throw this.#error('an ascending range');
        ranges.push([first, last]);
      } else {
        ranges.push([first, first]);
      }
    }
    this.#position++;
    this.#space(nested);
    if (ranges.length === 0) throw this.#error('a character');
    return { kind: 'class', negated, ranges };
  }

  #repeated(item: Node, nested: boolean): Node {
    const bounds = this.#match(/[*+?]|\{\s*\d+\s*(,\s*\d*\s*)?\}/y);
    if (bounds === undefined) return item;
    this.#space(nested);
    let [min, max] = [0, Number.POSITIVE_INFINITY];
    if (bounds === '+') min = 1;
    else if (bounds === '?') max = 1;
    else if (bounds !== '*') {
      const [from = '', to] = bounds.slice(1, -1).split(',');
      min = Number(from);
      max = to === undefined ? min : to.trim() === '' ? max : Number(to);
    }
    // src/llama-grammar.cpp: MAX_REPETITION_THRESHOLD; a group counts with all the rules inside it.
    const limit = item.kind === 'rule' || item.kind === 'class' ? 2000 : 1;
    if (Math.max(min, max === Number.POSITIVE_INFINITY ? 0 : max) > limit) throw this.#error('fewer repetitions');
    if (max === Number.POSITIVE_INFINITY ? min > 2000 : max === 0) throw this.#error('fewer repetitions');
    return { kind: 'repeat', item, min, max };
  }

  #char(): number {
    const escape = this.#match(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[tnr\\"[\]-])/y);
    if (escape !== undefined) {
      const simple = new Map([['t', 9], ['n', 10], ['r', 13]]).get(escape[1]!);
      if (simple !== undefined) return simple;
      return escape.length > 2 ? Number.parseInt(escape.slice(2), 16) : escape.charCodeAt(1);
    }
    const codePoint = this.#source.codePointAt(this.#position);
    if (codePoint === undefined || codePoint === 0x5c || codePoint === 10) throw this.#error('a character');
    this.#position += codePoint > 0xffff ? 2 : 1;
    return codePoint;
  }

  #space(newlines: boolean): void {
    this.#match(newlines ? /(?:[ \t\r\n]|#[^\r\n]*)*/y : /(?:[ \t]|#[^\r\n]*)*/y);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const text = pattern.exec(this.#source)?.[0];
    this.#position += text?.length ?? 0;
    return text;
  }

  #error(expected: string): Error {
    return new Error(`expected ${expected} at: ${this.#source.slice(this.#position, this.#position + 60)}`);
  }
}

function checkReferences(node: Node, grammar: Grammar): void {
  if (node.kind === 'rule' && !grammar.has(node.name)) throw new Error(`no rule ${node.name}`);
  if (node.kind === 'repeat') checkReferences(node.item, grammar);
  if (node.kind === 'sequence' || node.kind === 'choice') {
    for (const item of node.items) checkReferences(item, grammar);
  }
}

/** Stricter than llama.cpp's: what may be empty is found through rules, too. */
function checkLeftRecursion(grammar: Grammar): void {
  const nullable = new Set<string>();
  const isNullable = (node: Node): boolean => {
    switch (node.kind) {
      case 'text':
        return node.text === '';
      case 'class':
        return false;
      case 'rule':
        return nullable.has(node.name);
      case 'sequence':
        return node.items.every(isNullable);
      case 'choice':
        return node.items.some(isNullable);
      case 'repeat':
        return node.min === 0 || isNullable(node.item);
    }
  };
  for (let size = -1; size !== nullable.size; ) {
    size = nullable.size;
    for (const [name, node] of grammar) if (isNullable(node)) nullable.add(name);
  }
  const done = new Set<string>();
  const open = new Set<string>();
  const visit = (node: Node): void => {
    switch (node.kind) {
      case 'rule':
        visitRule(node.name);
        break;
      case 'sequence':
        for (const item of node.items) {
          visit(item);
          if (!isNullable(item)) break;
        }
        break;
      case 'choice':
        node.items.forEach(visit);
        break;
      case 'repeat':
        if (isNullable(node.item) && node.max === Number.POSITIVE_INFINITY) throw new Error('repeats nothing for ever');
        visit(node.item);
        break;
    }
  };
  const visitRule = (name: string): void => {
    if (open.has(name)) throw new Error(`rule ${name} is left-recursive`);
    if (done.has(name)) return;
    open.add(name);
    visit(grammar.get(name)!);
    open.delete(name);
    done.add(name);
  };
  for (const name of grammar.keys()) visitRule(name);
}

/** Whether the root rule matches the whole text. */
export function matches(grammar: Grammar, text: string): boolean {
  const characters = [...text];
  const memo = new Map<string, ReadonlySet<number>>();

  const ends = (node: Node, from: number): ReadonlySet<number> => {
    switch (node.kind) {
      case 'text': {
        const expected = [...node.text];
        const fits = expected.every((character, i) => characters[from + i] === character);
        return new Set(fits ? [from + expected.length] : []);
      }
      case 'class': {
        const codePoint = characters[from]?.codePointAt(0);
        if (codePoint === undefined) return new Set();
        const found = node.ranges.some(([first, last]) => first <= codePoint && codePoint <= last);
        return new Set(found !== node.negated ? [from + 1] : []);
      }
      case 'rule': {
        const key = `${node.name} ${from}`;
        let known = memo.get(key);
        if (known === undefined) {
          known = ends(grammar.get(node.name)!, from);
          memo.set(key, known);
        }
        return known;
      }
      case 'sequence':
        return node.items.reduce<ReadonlySet<number>>((starts, item) => endsOfAll(item, starts), new Set([from]));
      case 'choice':
        return new Set(node.items.flatMap((item) => [...ends(item, from)]));
      case 'repeat': {
        const all = new Set<number>();
        let starts: ReadonlySet<number> = new Set([from]);
        for (let count = 0; starts.size > 0 && count <= node.max; count++) {
          if (count >= node.min) {
            const fresh = [...starts].filter((start) => !all.has(start));
            if (fresh.length === 0) break;
            for (const start of fresh) all.add(start);
            starts = new Set(fresh);
          }
          starts = endsOfAll(node.item, starts);
        }
        return all;
      }
    }
  };
  const endsOfAll = (node: Node, starts: ReadonlySet<number>): ReadonlySet<number> =>
    new Set([...starts].flatMap((start) => [...ends(node, start)]));

  return ends(grammar.get('root')!, 0).has(characters.length);
}

/**
 * Makes random texts of the root rule; `random` gives numbers from 0 to below 1. Deep nesting takes the shortest way out.
 */
export function sampler(grammar: Grammar, random: () => number, maxDepth = 30): () => string {
  const heights = ruleHeights(grammar);
  const heightOf = (node: Node): number => nodeHeight(node, heights);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;

  const write = (node: Node, depth: number): string => {
    switch (node.kind) {
      case 'text':
        return node.text;
      case 'class':
        return String.fromCodePoint(pickCharacter(node, random));
      case 'rule':
        return write(grammar.get(node.name)!, depth + 1);
      case 'sequence':
        return node.items.map((item) => write(item, depth)).join('');
      case 'choice': {
        if (depth < maxDepth) return write(pick(node.items), depth);
        const least = Math.min(...node.items.map(heightOf));
        return write(pick(node.items.filter((item) => heightOf(item) === least)), depth);
      }
      case 'repeat': {
        const most = Math.min(node.max, node.min + (depth < maxDepth ? 3 : 0));
        // Now and then as often as is allowed.
        const wanted = random() < 0.1 && node.max <= 300 && depth < 12 ? node.max : most;
        const count = node.min + Math.floor(random() * (wanted - node.min + 1));
        return Array.from({ length: count }, () => write(node.item, depth)).join('');
      }
    }
  };
  const root = grammar.get('root')!;
  return () => write(root, 0);
}

function pickCharacter(node: Extract<Node, { kind: 'class' }>, random: () => number): number {
  if (node.negated) {
    const candidates = [...'abz09 é€😀/', '\u00a0', '\u2028'].map((character) => character.codePointAt(0)!);
    const allowed = candidates.filter((c) => !node.ranges.some(([first, last]) => first <= c && c <= last));
    return allowed[Math.floor(random() * allowed.length)]!;
  }
  const [first, last] = node.ranges[Math.floor(random() * node.ranges.length)]!;
  const ends = random();
  if (ends < 0.15) return first;
  if (ends < 0.3) return last;
  const picked = first + Math.floor(random() * Math.min(last - first + 1, 200));
  return picked >= 0xd800 && picked <= 0xdfff ? first : picked;
}

/** How many rules deep the shallowest text of each rule is. */
function ruleHeights(grammar: Grammar): ReadonlyMap<string, number> {
  const heights = new Map<string, number>();
  // Rules mostly refer to later ones.
  const rules = [...grammar].reverse();
  for (let changed = true; changed; ) {
    changed = false;
    for (const [name, node] of rules) {
      const height = nodeHeight(node, heights) + 1;
      if (height < (heights.get(name) ?? Number.POSITIVE_INFINITY)) {
        heights.set(name, height);
        changed = true;
      }
    }
  }
  return heights;
}

function nodeHeight(node: Node, heights: ReadonlyMap<string, number>): number {
  switch (node.kind) {
    case 'rule':
      return heights.get(node.name) ?? Number.POSITIVE_INFINITY;
    case 'sequence':
      return Math.max(0, ...node.items.map((item) => nodeHeight(item, heights)));
    case 'choice':
      return Math.min(...node.items.map((item) => nodeHeight(item, heights)));
    case 'repeat':
      return node.min === 0 ? 0 : nodeHeight(node.item, heights);
    default:
      return 0;
  }
}

/** Rules that no text can complete: a model that enters one never finishes. */
export function endlessRules(grammar: Grammar): readonly string[] {
  const heights = ruleHeights(grammar);
  return [...grammar.keys()].filter((name) => !heights.has(name));
}
