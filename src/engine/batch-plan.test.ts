import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planBatch } from './batch-plan.ts';

const prompt = (nWanted: number) => ({ nWanted, isGenerating: false });
const generating = { nWanted: 1, isGenerating: true };
const limits = { nBatch: 512, nPromptBesideGeneration: 64, nCells: 10_000 };

describe('planBatch', () => {
  it.each([
    ['nothing', [], {}, []],
    ['a prompt that fits', [prompt(5)], {}, [5]],
    ['a prompt in chunks', [prompt(1000)], {}, [512]],
    ['generating ones first', [generating, prompt(1000), generating], {}, [1, 64, 1]],
    ['short prompts before the rest of a long one', [prompt(1000), prompt(10)], {}, [502, 10]],
    [
      'equal prompts one after the other, but for the oldest share',
      [prompt(400), prompt(400)],
      {},
      [400, 112],
    ],
    [
      'an old long prompt beside many short ones',
      [prompt(1000), prompt(300), prompt(300)],
      {},
      [171, 300, 41],
    ],
    ['one token of a prompt is a prompt', [prompt(1), generating], {}, [1, 1]],
    ['a cache that is computed again', [{ nWanted: 100, isGenerating: true }, generating], {}, [64, 1]],
    ['few cells', [generating, generating, prompt(9)], { nCells: 2 }, [1, 1, 0]],
    ['too few cells', [generating, generating], { nCells: 1 }, [1, 0]],
    ['no cells', [prompt(3)], { nCells: 0 }, [0]],
    ['those with nothing to do', [prompt(0), { nWanted: 0, isGenerating: true }, prompt(3)], {}, [0, 0, 3]],
  ])('%s', (_, sequences, changes, expected) => {
    expect(planBatch(sequences, { ...limits, ...changes })).toEqual(expected);
  });

  it('keeps to the limits, gives nobody more than wanted, and leaves no budget unused', () => {
    const sequence = fc.record({ nWanted: fc.nat(700), isGenerating: fc.boolean() });
    const anyLimits = fc.record({
      nBatch: fc.integer({ min: 1, max: 512 }),
      nPromptBesideGeneration: fc.integer({ min: 1, max: 512 }),
      nCells: fc.nat(2000),
    });
    fc.assert(
      fc.property(fc.array(sequence, { maxLength: 12 }), anyLimits, (sequences, l) => {
        const plan = planBatch(sequences, l);
        const total = plan.reduce((sum, n) => sum + n, 0);
        const budget = Math.min(l.nBatch, l.nCells);
        expect(total).toBeLessThanOrEqual(budget);
        plan.forEach((n, i) => {
          expect(n).toBeGreaterThanOrEqual(0);
          expect(n).toBeLessThanOrEqual(sequences[i]?.nWanted ?? 0);
        });
        const isOne = (s: { nWanted: number; isGenerating: boolean }) => s.isGenerating && s.nWanted === 1;
        const nOnes = sequences.filter(isOne).length;
        const nPrompts = sequences.reduce((sum, s) => sum + (isOne(s) ? 0 : s.nWanted), 0);
        const promptBudget =
          nOnes === 0 ? budget : Math.min(Math.max(budget - nOnes, 0), l.nPromptBesideGeneration);
        expect(total).toBe(Math.min(nOnes, budget) + Math.min(nPrompts, promptBudget));
        // The oldest prompt always moves on when any prompt does.
        const oldest = sequences.findIndex((s) => s.nWanted > 0 && !isOne(s));
        if (oldest >= 0 && Math.min(nPrompts, promptBudget) > 0) expect(plan[oldest]).toBeGreaterThan(0);
      }),
    );
  });
});
