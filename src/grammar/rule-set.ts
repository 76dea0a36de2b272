/** The rules of a GBNF grammar while it is being made; several schemas can share one. */
import type { Spelling } from './spelling.ts';
import { tooLarge } from './unsupported.ts';

/** A GBNF expression that can stand in a sequence: a rule's name, a literal, a class, a parenthesis. */
export type Expression = string;

/** Longest grammar in characters. */
const maxLength = 1 << 20;
/** Longest name of a rule, without the number that makes it unique. */
const maxNameLength = 48;
/** Elements that llama.cpp may unfold from `{m,n}` in a whole grammar. */
const maxRepetitions = 200_000;
/** Most turns of one `{m,n}`; llama.cpp refuses more than 2000, and takes a larger maximum for "no limit". */
const repetitionBlock = 256;

/** Names that json-rules.ts gives to the rules of plain JSON. */
const reservedNames = new Set(
  'ws colon comma char single-char string key integer number boolean null value array object member'.split(
    ' ',
  ),
);

interface Added {
  readonly rules: string[];
  readonly bodies: string[];
}

export class RuleSet {
  /** How the values are written; undefined = as JSON. */
  readonly spelling: Spelling | undefined;
  readonly #rules = new Map<string, string>();
  /** Names of rules by body, so that equal ones are written once. */
  readonly #names = new Map<string, string>();
  /** What has been added since `atomically` began. */
  #added: Added | undefined;
  /** The number behind the last name that was made from a hint. */
  readonly #lastNumbers = new Map<string, number>();
  #length = 0;
  #repetitions = 0;

  constructor(spelling?: Spelling) {
    this.spelling = spelling;
  }

  /** Reserves a name like `hint`; only letters, digits and dashes are allowed in GBNF. */
  declare(hint: string): string {
    const base = hint.replace(/[^a-zA-Z0-9]+/g, '-').slice(0, maxNameLength) || 'rule';
    let number = this.#lastNumbers.get(base) ?? 0;
    let name = base;
    do {
      if (++number > 1) name = `${base}-${number}`;
    } while (this.#rules.has(name) || reservedNames.has(name));
    this.#lastNumbers.set(base, number);
    this.#rules.set(name, '');
    this.#added?.rules.push(name);
    return name;
  }

  /** Gives a declared rule its body. */
  define(name: string, body: string): void {
    if (!this.#rules.has(name)) this.#added?.rules.push(name);
    this.#rules.set(name, body);
    this.#length += name.length + body.length + ' ::= \n'.length;
    if (this.#length > maxLength) throw tooLarge('it makes too large a grammar');
  }

  /** The name of a rule with this body; an existing one is used again. */
  rule(hint: string, body: string): string {
    const existing = this.#names.get(body);
    if (existing !== undefined) return existing;
    const name = this.declare(hint);
    this.define(name, body);
    this.#names.set(body, name);
    this.#added?.bodies.push(body);
    return name;
  }

  /** As `rule`, but with exactly this name; `needs` adds rules that the body refers to and that may refer back. */
  named(name: string, body: string, needs?: () => void): string {
    if (!this.#rules.has(name)) {
      this.define(name, body);
      needs?.();
    }
    return name;
  }

  /**
   * From `min` to `max` (may be Infinity) times an expression; empty when that is none at all. Large counts are built from blocks,
   * within llama.cpp's limits and with few alternatives open at any time.
   */
  repeat(expression: Expression, min: number, max: number, hint: string): Expression {
    if (max === Number.POSITIVE_INFINITY && min === 1) return `${expression}+`;
    const optional =
      max === Number.POSITIVE_INFINITY ? `${expression}*` : this.#atMost(expression, max - min, hint);
    return [this.#exactly(expression, min, hint), optional].filter(Boolean).join(' ');
  }

  #exactly(expression: Expression, count: number, hint: string): Expression {
    if (count === 0) return '';
    if (count === 1) return expression;
    if (count < repetitionBlock) return this.#counted(expression, count, count, `${hint}-${count}`);
    const [block, size] = this.#largestBlock(expression, count, hint);
    const blocks = this.#exactly(block, Math.floor(count / size), `${hint}-${size}`);
    return [blocks, this.#exactly(expression, count % size, hint)].filter(Boolean).join(' ');
  }

  /** Either less than one block, or a full block and the rest. */
  #atMost(expression: Expression, count: number, hint: string): Expression {
    if (count === 0) return '';
    if (count < repetitionBlock) return this.#counted(expression, 0, count, `${hint}-up-to-${count}`);
    const [block, size] = this.#largestBlock(expression, count, hint);
    const fewer = this.#atMost(expression, size - 1, hint);
    const rest = this.#atMost(expression, count - size, hint);
    return this.rule(`${hint}-up-to-${count}`, `${fewer} | ${block}${rest === '' ? '' : ` ${rest}`}`);
  }

  /** A rule for the largest power of the block size that fits into `count`, and that power. */
  #largestBlock(expression: Expression, count: number, hint: string): readonly [Expression, number] {
    let block = expression;
    let size = 1;
    while (size * repetitionBlock <= count) {
      size *= repetitionBlock;
      block = this.#counted(block, repetitionBlock, repetitionBlock, `${hint}-${size}`);
    }
    return [block, size];
  }

  #counted(expression: Expression, min: number, max: number, hint: string): Expression {
    const body = `${expression}{${min === max ? min : `${min},${max}`}}`;
    if (!this.#names.has(body)) {
      this.#repetitions += max;
      if (this.#repetitions > maxRepetitions) throw tooLarge('its length and count bounds are too large');
    }
    return this.rule(hint, body);
  }

  /** Adds rules, or none at all when that fails. */
  atomically<T>(add: () => T): T {
    const outer = this.#added;
    const added: Added = { rules: [], bodies: [] };
    this.#added = added;
    const [length, repetitions] = [this.#length, this.#repetitions];
    try {
      return add();
    } catch (error) {
      for (const name of added.rules) this.#rules.delete(name);
      for (const body of added.bodies) this.#names.delete(body);
      this.#length = length;
      this.#repetitions = repetitions;
      throw error;
    } finally {
      outer?.rules.push(...added.rules);
      outer?.bodies.push(...added.bodies);
      this.#added = outer;
    }
  }

  /** The grammar's text, one rule a line, `root` first if there is one. */
  toString(): string {
    const rules = [...this.#rules].sort(([a], [b]) => Number(b === 'root') - Number(a === 'root'));
    return rules.map(([name, body]) => `${name} ::= ${body}\n`).join('');
  }
}

/** A GBNF literal that matches exactly this text. */
export function literal(text: string): Expression {
  let out = '"';
  // The detour over bytes replaces lone surrogates.
  for (const character of Buffer.from(text).toString()) {
    if (character === '"' || character === '\\') out += `\\${character}`;
    else if (character < ' ' || character === '\x7f') out += hexEscape(character.codePointAt(0)!);
    else out += character;
  }
  return `${out}"`;
}

/** A GBNF character class of ranges of code points. */
export function charClass(ranges: readonly (readonly [number, number])[]): Expression {
  const parts = ranges.map(([first, last]) => {
    if (first === last) return classChar(first);
    return last === first + 1 ? classChar(first) + classChar(last) : `${classChar(first)}-${classChar(last)}`;
  });
  return `[${parts.join('')}]`;
}

function classChar(codePoint: number): string {
  const character = String.fromCodePoint(codePoint);
  return /^[a-zA-Z0-9 _+./:;,!?@#$%&*=<>(){}|~'`]$/.test(character) ? character : hexEscape(codePoint);
}

function hexEscape(codePoint: number): string {
  const hex = codePoint.toString(16).toUpperCase();
  if (hex.length <= 2) return `\\x${hex.padStart(2, '0')}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
