import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isCriaError } from '../errors.ts';
import { Candidates } from '../native/candidates.ts';
import type { Model } from '../native/model.ts';
import type { GrammarTrigger } from '../protocol/messages.ts';
import type { QuietSpan } from '../types/quiet-span.ts';
import { PieceCache } from './detokenizer.ts';
import { Grammar } from './grammar.ts';
import { GrammarVocab } from './grammar-vocab.ts';
import { baseVocabulary, eosToken } from './testdata/random-model.ts';
import { loadModel, makeModelFile, noLibrary, type TestModelFile } from './testdata/test-model.ts';

const id = (text: string): number => {
  const token = baseVocabulary.indexOf(text.replace(' ', '▁'));
  if (token < 0) throw new Error(`no token ${text}`);
  return token;
};

describe.skipIf(noLibrary)('Grammar', () => {
  let file: TestModelFile;
  let model: Model;
  beforeAll(async () => {
    file = await makeModelFile();
    model = await loadModel(file);
  });
  afterAll(() => {
    model[Symbol.dispose]();
    file[Symbol.dispose]();
  });
  const make = (gbnf: string, triggers?: readonly GrammarTrigger[], quiet?: QuietSpan) =>
    new Grammar(
      { model, pieces: new PieceCache(model.vocab), vocab: new GrammarVocab(model.vocab) },
      { gbnf, ...(triggers === undefined ? {} : { triggers }), ...(quiet === undefined ? {} : { quiet }) },
    );
  /** Feeds tokens until one is refused; that one, or undefined. */
  const firstRefused = (grammar: Grammar, texts: readonly string[]): string | undefined => {
    for (const text of texts) {
      if (!grammar.allows(id(text))) return text;
      grammar.accept(id(text));
    }
    return undefined;
  };

  it('allows what its rules allow, the end only at the end', () => {
    using grammar = make('root ::= "the" (" dog" | " cat")+');
    expect(grammar.allows(eosToken)).toBe(false);
    expect(firstRefused(grammar, ['t', 'h', 'e', ' dog', ' cat'])).toBeUndefined();
    expect(grammar.allows(eosToken)).toBe(true);
    expect(grammar.allows(id(' red'))).toBe(false);
  });

  it('follows characters over byte tokens', () => {
    using grammar = make('root ::= "é" "👍"');
    expect(
      firstRefused(grammar, ['<0xC3>', '<0xA9>', '<0xF0>', '<0x9F>', '<0x91>', '<0x8D>']),
    ).toBeUndefined();
    expect(grammar.allows(eosToken)).toBe(true);
  });

  it.each([
    ['nothing yet', 'root ::= "the" [ ] [a-c]+ ', []],
    ['the end', 'root ::= "a"', ['a']],
    ['the end or more', 'root ::= "a" "b"?', ['a']],
    ['half a character', 'root ::= [é-ü]+', ['<0xC3>']],
    ['JSON', 'root ::= "{" ws "\\"" [a-z]* "\\"" ws ":" [0-9]+ "}"\nws ::= [ \\n]*', ['{', ' ']],
    ['a string of anything', 'root ::= [^x]+', ['a']],
  ])('finds all allowed tokens after %s', (_, gbnf, texts) => {
    using grammar = make(gbnf);
    expect(firstRefused(grammar, texts)).toBeUndefined();
    const { nTokens } = model.vocab;
    using candidates = new Candidates(nTokens);
    const found = [...(grammar.allowedTokens(candidates) ?? [])].sort((a, b) => a - b);
    expect(found).toEqual(
      Array.from({ length: nTokens }, (_, token) => token).filter((token) => grammar.allows(token)),
    );
    expect(found.length).toBeGreaterThan(0);
  });

  it('does not look that way when the grammar names tokens', () => {
    using grammar = make('root ::= <tool_call> "a"');
    using candidates = new Candidates(model.vocab.nTokens);
    expect(grammar.allowedTokens(candidates)).toBeUndefined();
    expect(grammar.allows(id('<tool_call>'))).toBe(true);
    using text = make('root ::= "<tool_call>" [<] # <\n');
    expect(text.allowedTokens(candidates)).toBeDefined();
  });

  const broken: [string, string][] = [
    ['nothing', ''],
    ['blanks', ' \n'],
    ['no root', 'foo ::= "a"'],
    ['an unknown rule', 'root ::= bar'],
    ['left recursion', 'root ::= root "a" | "b"'],
    ['an open string', 'root ::= "a'],
    ['an open class', 'root ::= [a'],
    ['an open group', 'root ::= ("a"'],
    ['too many repetitions', 'root ::= "a"{100000}'],
    ['a number beyond 64 bits', 'root ::= "a"{99999999999999999999999}'],
    ['no rule at all', 'hello'],
    ['a repetition that ends before it begins', 'root ::= "a"{5,2}'],
    ['the same with blanks and a comment', 'root ::= ("a"{ 5 , # }\n 2 })'],
    ['the same behind a literal brace', 'root ::= "{" [{] "a"{3,1}'],
    ['a zero byte', 'root ::= "a"\0'],
    ['groups nested without end', `root ::= ${'('.repeat(100_000)}"a"${')'.repeat(100_000)}`],
    ['a chain of rules without end', chainOfRules(60_000)],
    ['more text than is sensible', `root ::= "${'a'.repeat(5_000_000)}"`],
  ];
  it.each(broken)('refuses %s', (_, gbnf) => {
    expect(() => make(gbnf)).toThrowError(expect.toSatisfy((error) => isCriaError(error, 'bad_request')));
  });

  it('takes what looks like nesting but is text', () => {
    using grammar = make(`root ::= "${'('.repeat(500)}" # ${'('.repeat(500)}\nfoo ::= [${'('.repeat(500)}]`);
    expect(grammar.allows(id('('))).toBe(true);
  });

  describe('with triggers', () => {
    const woken = (text: string) => [{ text, include: false }];
    const including = (text: string) => [{ text, include: true }];

    it('sleeps until the trigger, then starts after it', () => {
      using grammar = make('root ::= [a-c]+', woken('<tool_call>'));
      expect(firstRefused(grammar, [' the', 'x', '<tool_call>'])).toBeUndefined();
      expect(grammar.isAwake).toBe(true);
      expect(firstRefused(grammar, ['a', 'c', 'x'])).toBe('x');
    });

    it('sleeps through triggers in a quiet span', () => {
      const quiet = { opens: ['x'], closes: ['y'], isLeading: true };
      using grammar = make('root ::= "<tool_call>" [a-c]+', including('<tool_call>'), quiet);
      expect(firstRefused(grammar, ['x', '<tool_call>', 'z', '<tool_call>', 'y'])).toBeUndefined();
      expect(grammar.isAwake).toBe(false);
      expect(firstRefused(grammar, ['<tool_call>', 'a', 'z'])).toBe('z');
    });

    it('notices a trigger that spans tokens', () => {
      using grammar = make('root ::= [a-c]+', woken('x: y'));
      expect(firstRefused(grammar, ['x', ':', '▁'])).toBeUndefined();
      expect(grammar.isAwake).toBe(false);
      expect(firstRefused(grammar, ['y', 'z'])).toBe('z');
    });

    it('starts with the trigger itself when told so', () => {
      using grammar = make('root ::= "ab:" [0-9]+', including('ab:'));
      expect(firstRefused(grammar, ['z', 'a', 'b', ':', '4', 'x'])).toBe('x');
    });

    it('refuses the token that completes the trigger and goes on against the grammar', () => {
      using grammar = make('root ::= "1"', woken('{'));
      expect(grammar.allows(id('{"'))).toBe(false);
      expect(grammar.isAwake).toBe(false);
      expect(firstRefused(grammar, ['{', '1'])).toBeUndefined();
    });

    it('takes over what the token brings beyond the trigger', () => {
      using grammar = make('root ::= "\\"" [a-z]+', woken('{'));
      expect(firstRefused(grammar, ['{"', 'a', '1'])).toBe('1');
    });

    it('leaves its state alone when a token is only asked about', () => {
      using grammar = make('root ::= "1"', woken('<tool_call>'));
      expect(grammar.allows(id('<tool_call>'))).toBe(true);
      grammar.accept(id('x'));
      expect(grammar.isAwake).toBe(false);
      expect(firstRefused(grammar, ['<tool_call>', '2'])).toBe('2');
    });

    it('refuses a grammar that does not begin with its own trigger', () => {
      expect(() => make('root ::= "x"', including('ab'))).toThrowError(
        expect.toSatisfy((error) => isCriaError(error, 'bad_request')),
      );
    });
  });
});

function chainOfRules(count: number): string {
  const rules = Array.from({ length: count }, (_, i) => `r${i} ::= r${i + 1}`);
  return `root ::= r0\n${rules.join('\n')}\nr${count} ::= "a"`;
}
