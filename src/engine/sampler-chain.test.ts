import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Candidates } from '../native/candidates.ts';
import type { Model } from '../native/model.ts';
import { Sampler } from '../native/sampler.ts';
import type { SamplingParams } from '../types/sampling.ts';
import { PieceCache } from './detokenizer.ts';
import { Grammar } from './grammar.ts';
import { GrammarVocab } from './grammar-vocab.ts';
import { SamplerChain, type SamplerScratch } from './sampler-chain.ts';
import { DryPrototypes, type SamplerMaker } from './sampler-makers.ts';
import { limitSampling } from './sampling-limits.ts';
import { loadModel, makeModelFile, noLibrary, type TestModelFile } from './testdata/test-model.ts';
import { plainSampling } from './testdata/work.ts';
import { TopK } from './top-k.ts';

const nVocab = 1500;
const nCtx = 64;
const never = () => false;

/** llama.cpp's chain over all candidates, as common/sampling.cpp builds it. */
function fullChain(model: Model, p: SamplingParams): Sampler {
  const makers: SamplerMaker[] = [];
  if (p.mirostat === 0) {
    makers.push(
      (l) =>
        l.llama_sampler_init_penalties(
          nVocab,
          p.repeatLastN,
          p.repeatPenalty,
          p.frequencyPenalty,
          p.presencePenalty,
        ),
      (l) =>
        l.llama_sampler_init_dry(
          model.vocab.pointer,
          p.dryMultiplier,
          p.dryBase,
          p.dryAllowedLength,
          p.dryPenaltyLastN,
          [...p.drySequenceBreakers],
          p.drySequenceBreakers.length,
        ),
      (l) => l.llama_sampler_init_top_n_sigma(p.topNSigma),
      (l) => l.llama_sampler_init_top_k(p.topK),
      (l) => l.llama_sampler_init_typical(p.typicalP, 0),
      (l) => l.llama_sampler_init_top_p(p.topP, 0),
      (l) => l.llama_sampler_init_min_p(p.minP, 0),
      (l) => l.llama_sampler_init_xtc(p.xtcProbability, p.xtcThreshold, 0, p.seed),
      (l) => l.llama_sampler_init_temp(p.temperature),
      (l) => l.llama_sampler_init_dist(p.seed),
    );
  } else {
    makers.push((l) => l.llama_sampler_init_temp(p.temperature));
    if (p.mirostat === 1)
      makers.push((l) => l.llama_sampler_init_mirostat(nVocab, p.seed, p.mirostatTau, p.mirostatEta, 100));
    else makers.push((l) => l.llama_sampler_init_mirostat_v2(p.seed, p.mirostatTau, p.mirostatEta));
  }
  return Sampler.chain(model, makers);
}

/** Rows of logits shaped like a model's: a few high ones above a broad mass. */
function makeRows(seed: number, count: number): Float32Array[] {
  let state = seed * 2_654_435_761 + 1;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: count }, () => {
    const row = Float32Array.from({ length: nVocab }, () => (random() + random() + random() - 1.5) * 4);
    for (let i = 0; i < 12; i++) row[Math.floor(random() * 40)] = 4 + random() * 5; // 40 tokens: repetitions happen
    return row;
  });
}

describe.skipIf(noLibrary)('SamplerChain', () => {
  let file: TestModelFile;
  let model: Model;
  let scratch: SamplerScratch;
  beforeAll(async () => {
    file = await makeModelFile({ nVocab });
    model = await loadModel(file);
    scratch = {
      candidates: new Candidates(nVocab),
      top: new TopK(600, nVocab),
      row: new Float32Array(nVocab),
      masked: new Float32Array(nVocab),
      dry: new DryPrototypes(model),
    };
  });
  afterAll(() => {
    scratch.candidates[Symbol.dispose]();
    scratch.dry[Symbol.dispose]();
    model[Symbol.dispose]();
    file[Symbol.dispose]();
  });

  const make = (changes: Partial<SamplingParams>, grammar?: Grammar) => {
    const params = limitSampling({ ...plainSampling, ...changes }, { nVocab, nCtx });
    return { params, chain: new SamplerChain(model, params, { scratch, grammar }) };
  };
  const sampleAll = (chain: SamplerChain, rows: readonly Float32Array[]) =>
    rows.map((row) => chain.sample(row.slice(), never));

  const grammarOf = (gbnf: string) =>
    new Grammar(
      { model, pieces: new PieceCache(model.vocab), vocab: new GrammarVocab(model.vocab) },
      { gbnf },
    );

  it('draws what the full chain of llama.cpp draws', () => {
    const maybe = (value: fc.Arbitrary<number>, off: number) => fc.oneof(fc.constant(off), value);
    const unit = fc.float({ min: Math.fround(0.05), max: 1, noNaN: true });
    const params = fc.record({
      seed: fc.integer({ min: 0, max: 2 ** 32 - 2 }),
      temperature: fc.float({ min: Math.fround(0.1), max: 2, noNaN: true }),
      topK: fc.oneof(fc.integer({ min: 1, max: 130 }), fc.integer({ min: 0, max: 2000 })),
      topP: maybe(unit, 1),
      minP: maybe(fc.float({ min: 0, max: 0.5, noNaN: true }), 0),
      typicalP: maybe(unit, 1),
      repeatLastN: fc.integer({ min: -1, max: 80 }),
      repeatPenalty: maybe(fc.float({ min: 0.5, max: 2, noNaN: true }), 1),
      presencePenalty: maybe(fc.float({ min: -2, max: 2, noNaN: true }), 0),
      frequencyPenalty: maybe(fc.float({ min: -2, max: 2, noNaN: true }), 0),
      topNSigma: maybe(fc.float({ min: Math.fround(0.5), max: 4, noNaN: true }), -1),
      xtcProbability: maybe(unit, 0),
      xtcThreshold: fc.float({ min: Math.fround(0.01), max: 0.5, noNaN: true }),
      dryMultiplier: maybe(fc.float({ min: Math.fround(0.1), max: 3, noNaN: true }), 0),
      dryAllowedLength: fc.integer({ min: 0, max: 3 }),
      mirostat: fc.constantFrom<0 | 1 | 2>(0, 0, 0, 0, 1, 2),
    });
    fc.assert(
      fc.property(
        params,
        fc.nat(1000),
        fc.array(fc.nat(39), { maxLength: 100 }),
        (changes, rowSeed, prompt) => {
          // top-n-sigma leaves candidates of probability zero: llama.cpp's typical-p computes with NaN on them (and its XTC
          // takes one at threshold 0).
          if (changes.topNSigma > 0) changes.typicalP = 1;
          if (changes.mirostat !== 0) changes.repeatPenalty = 1;
          if (changes.mirostat !== 0)
            Object.assign(changes, { presencePenalty: 0, frequencyPenalty: 0, dryMultiplier: 0 });
          const rows = makeRows(rowSeed, 12);
          const { params: limited, chain } = make(changes);
          using own = chain;
          using full = fullChain(model, limited);
          own.addPrompt(Int32Array.from(prompt));
          for (const token of prompt) full.accept(token);
          const { candidates } = scratch;
          const expected = rows.map((row) => {
            candidates.setAll(row);
            full.apply(candidates);
            const token = candidates.chosenToken;
            full.accept(token);
            return token;
          });
          expect(sampleAll(own, rows)).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is reproducible with a seed and not without', () => {
    const rows = makeRows(1, 30);
    const draw = (seed: number) => {
      using chain = make({ seed, temperature: 1.5 }).chain;
      return sampleAll(chain, rows);
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(-1)).not.toEqual(draw(-1));
    expect(draw(2 ** 32 + 7)).toEqual(draw(7));
  });

  it('takes the best token at temperature 0', () => {
    using chain = make({ temperature: 0, topP: 0.1, typicalP: 0.1 }).chain;
    const rows = makeRows(3, 10);
    expect(sampleAll(chain, rows)).toEqual(rows.map((row) => row.indexOf(Math.max(...row))));
  });

  it('adds biases first, and never takes what they forbid', () => {
    const row = new Float32Array(nVocab).fill(-1);
    row[5] = 3;
    row[6] = 2;
    using forbidding = make({ logitBias: [[5, Number.NEGATIVE_INFINITY]] }).chain;
    expect(forbidding.sample(row.slice(), never)).toBe(6);
    using favouring = make({ logitBias: [[900, 100]] }).chain;
    expect(favouring.sample(row.slice(), never)).toBe(900);
  });

  it('says so when nothing may come', () => {
    const row = new Float32Array(nVocab).fill(Number.NEGATIVE_INFINITY);
    for (const changes of [
      {},
      { temperature: 1 },
      { temperature: 1, topK: 0 },
      { temperature: 1, mirostat: 2 as const },
    ]) {
      using chain = make(changes).chain;
      expect(chain.sample(row.slice(), never)).toBe(-1);
    }
  });

  it('tells the grammar and the penalties nothing about tokens that end the answer', () => {
    const grammar = grammarOf('root ::= "a"?');
    using chain = make({}, grammar).chain;
    const row = new Float32Array(nVocab);
    row[2] = 9;
    expect(chain.sample(row, (token) => token === 2)).toBe(2);
  });

  describe('with a grammar', () => {
    it.each<[string, string, Partial<SamplingParams>]>([
      ['greedy', 'root ::= [a-z ]+', {}],
      ['greedy, few allowed', 'root ::= "x"+', {}],
      ['greedy with a bias', 'root ::= [a-z]+', { logitBias: [[270, 50]] }],
      ['one of the best', 'root ::= [a-m]+', { temperature: 1, topK: 1 }],
      ['the best few', 'root ::= [a-z]+', { temperature: 1 }],
      ['the best few of few', 'root ::= [xyz]+', { temperature: 2, topP: 1 }],
      ['many of the best', 'root ::= [a-m ]+', { temperature: 1, topK: 599, topP: 1 }],
      ['all', 'root ::= [a-m ]+', { temperature: 1, topK: 0, topP: 1 }],
      ['top-n-sigma', 'root ::= [a-m ]+', { temperature: 1, topNSigma: 1 }],
      ['typical-p', 'root ::= [a-m ]+', { temperature: 1, typicalP: 0.5 }],
      ['a grammar that names tokens', 'root ::= (<tool_call> | [a-f])+', { temperature: 1 }],
    ])('%s: the same as masking everything when the token is refused', (_, gbnf, changes) => {
      const rows = makeRows(11, 40);
      using grammar = grammarOf(gbnf);
      using plain = make(changes).chain;
      const expected = rows.map((row) => {
        let token = plain.sample(row.slice(), never);
        if (!grammar.allows(token)) {
          scratch.candidates.setAll(row);
          grammar.mask(scratch.candidates);
          // The bias is in the chain; what is masked stays so.
          token = plain.sample(
            row.map((_, id) =>
              scratch.candidates.logit(id) === Number.NEGATIVE_INFINITY ? Number.NEGATIVE_INFINITY : row[id]!,
            ),
            never,
          );
        }
        grammar.accept(token);
        return token;
      });
      using chain = make(changes, grammarOf(gbnf)).chain;
      expect(sampleAll(chain, rows)).toEqual(expected);
    });

    it.each<[string, Partial<SamplingParams>]>([
      ['the best few', { temperature: 1 }],
      ['all candidates', { temperature: 1, topK: 0 }],
      ['top-n-sigma', { temperature: 1, topNSigma: 1 }],
      ['mirostat', { temperature: 1, mirostat: 2 }],
      ['typical-p', { temperature: 1, typicalP: 0.5 }],
      ['many of the best', { temperature: 1, topK: 599, topP: 1 }],
    ])('with %s only what it allows is drawn', (_, changes) => {
      const pieces = new PieceCache(model.vocab);
      using chain = make(
        { ...changes, logitBias: [[2, Number.NEGATIVE_INFINITY]] },
        grammarOf('root ::= [a-f ]+'),
      ).chain;
      for (const token of sampleAll(chain, makeRows(5, 40)))
        expect(pieces.get(token).ascii).toMatch(/^[a-f ]+$/);
    });

    it('answers -1 when the grammar is at its end and nothing ends the answer', () => {
      using chain = make({ logitBias: [[2, Number.NEGATIVE_INFINITY]] }, grammarOf('root ::= "a"')).chain;
      const [row] = makeRows(9, 1);
      expect(sampleAll(chain, [row!, row!])).toEqual([expect.any(Number), -1]);
    });
  });
});
