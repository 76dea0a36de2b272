import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StepEvent } from '../protocol/messages.ts';
import { PieceCache } from './detokenizer.ts';
import { KvCache } from './kv-cache.ts';
import { StepLoop } from './loop.ts';
import { newCounters } from './stats.ts';
import { FakeContext, nextToken } from './testdata/fake-context.ts';
import { makeSequence } from './testdata/fake-sequence.ts';
import type { WorkChanges } from './testdata/work.ts';

const pieces = new PieceCache({ piece: (token) => Buffer.from(`${token} `) });

function setUp(
  changes: Partial<{
    nSlots: number;
    nCells: number;
    nCtx: number;
    nBatch: number;
    canShift: boolean;
    canCut: boolean;
    keepsIdle: boolean;
  }> = {},
) {
  const {
    nSlots = 4,
    nCells = 400,
    nCtx = 100,
    nBatch = 64,
    canShift = true,
    canCut = true,
    keepsIdle = true,
  } = changes;
  const context = new FakeContext(nCells);
  const counters = newCounters();
  const cache = new KvCache(context.memory, { nSlots, nCells, canCut });
  context.memory.refusesCuts = !canCut;
  const loop = new StepLoop({
    context,
    batch: context.batch,
    cache,
    nSlots,
    nCtx,
    nBatch,
    canShift,
    pieces,
    logprobs: () => expect.unreachable(),
    isEog: (token) => token === 0,
    counters,
    reusesCache: true,
    keepsIdle,
  });
  const events: StepEvent[] = [];
  const step = (count = 1) => {
    for (let i = 0; i < count; i++) {
      events.push(...loop.step());
      loop.checkIntegrity();
      expect(cache.nUsed).toBe(context.memory.nCells);
    }
  };
  return {
    context,
    counters,
    loop,
    cache,
    events,
    step,
    run: () => {
      for (let i = 0; loop.hasWork; i++) {
        if (i > 5000) throw new Error('the loop does not end');
        step();
      }
    },
    /** Tokens of the answer and how it ended. */
    answer: (id: number) => {
      const own = events.filter((event) => event.id === id);
      const text = own.map((event) => (event.type === 'tokens' ? event.text : '')).join('');
      const last = own.at(-1);
      const end = last?.type === 'finish' ? last.reason : last?.type === 'error' ? last.error.code : 'none';
      return { tokens: text.split(' ').filter(Boolean).map(Number), end };
    },
    stats: (id: number) => {
      const finish = events.find((event) => event.id === id && event.type === 'finish');
      return finish?.type === 'finish' ? finish.stats : undefined;
    },
  };
}

/** What a model that computes one prompt at a time, without any cache, answers. */
function reference(prompt: readonly number[], nPredict: number, shift?: { nCtx: number; nKeep: number }) {
  const tokens = [...prompt];
  const answer: number[] = [];
  while (answer.length < nPredict) {
    if (shift !== undefined && tokens.length > shift.nCtx)
      tokens.splice(shift.nKeep, Math.max((tokens.length - shift.nKeep) >> 1, 1));
    const token = nextToken(tokens);
    if (token === 0) return { tokens: answer, end: 'stop' };
    tokens.push(token);
    answer.push(token);
  }
  return { tokens: answer, end: 'length' };
}

const range = (length: number, start = 1) => Array.from({ length }, (_, i) => start + (i % 40));

describe('StepLoop', () => {
  it('answers as a model without cache would', () => {
    const t = setUp();
    t.loop.submit(makeSequence(1, [5, 6, 7], { nPredict: 8 }));
    t.run();
    expect(t.answer(1)).toEqual(reference([5, 6, 7], 8));
    expect(t.stats(1)).toMatchObject({ promptTokens: 3, cachedTokens: 0 });
  });

  it('evaluates a common beginning once for prompts that come together', () => {
    const t = setUp({ nSlots: 8, nCells: 1000, nCtx: 200 });
    const prefix = range(150);
    for (let id = 1; id <= 8; id++) t.loop.submit(makeSequence(id, [...prefix, id, id], { nPredict: 3 }));
    t.run();
    for (let id = 1; id <= 8; id++) {
      expect(t.answer(id)).toEqual(reference([...prefix, id, id], 3));
      expect(t.stats(id)?.cachedTokens).toBe(id === 1 ? 0 : 150);
    }
    expect(t.counters.promptTokensEvaluated).toBe(150 + 8 * 2);
  });

  it('finds the beginning in a slot that its leader has left already', () => {
    const t = setUp();
    const prefix = range(60);
    t.loop.submit(makeSequence(1, [...prefix, 1], { nPredict: 1 }));
    t.loop.submit(makeSequence(2, [...prefix, 2], { nPredict: 1 }));
    t.run();
    expect(t.counters.promptTokensEvaluated).toBe(62);
    expect(t.answer(2)).toEqual(reference([...prefix, 2], 1));
  });

  it('goes on without a leader that is cancelled', () => {
    const t = setUp({ nBatch: 16 });
    const prefix = range(60);
    for (const id of [1, 2, 3]) t.loop.submit(makeSequence(id, [...prefix, id], { nPredict: 2 }));
    t.step();
    expect(t.loop.cancel(1)).toBe(true);
    expect(t.loop.cancel(1)).toBe(false);
    t.run();
    expect(t.events.filter(({ id }) => id === 1)).toEqual([]);
    expect(t.answer(2)).toEqual(reference([...prefix, 2], 2));
    expect(t.answer(3)).toEqual(reference([...prefix, 3], 2));
    // The 16 tokens that the first one had computed are not lost.
    expect(t.counters.promptTokensEvaluated).toBe(60 + 2);
  });

  it('continues a conversation from the slot that holds it', () => {
    const t = setUp();
    t.loop.submit(makeSequence(1, [5, 6, 7], { nPredict: 5 }));
    t.run();
    const { tokens } = t.answer(1);
    t.loop.submit(makeSequence(2, [5, 6, 7, ...tokens, 9], { nPredict: 5 }));
    t.run();
    expect(t.answer(2)).toEqual(reference([5, 6, 7, ...tokens, 9], 5));
    expect(t.stats(2)?.cachedTokens).toBe(3 + tokens.length - 1);
  });

  it('keeps generating while a long prompt is computed', () => {
    const t = setUp({ nBatch: 8 });
    t.loop.submit(makeSequence(1, [5], { nPredict: 20 }));
    t.step();
    t.loop.submit(makeSequence(2, range(60), { nPredict: 1 }));
    const nBefore = t.answer(1).tokens.length;
    t.step(5);
    expect(t.answer(1).tokens.length).toBe(nBefore + 5);
    t.run();
    expect(t.answer(1)).toEqual(reference([5], 20));
  });

  it('lets more requests wait than there are slots, in order', () => {
    const t = setUp({ nSlots: 2 });
    for (let id = 1; id <= 6; id++) t.loop.submit(makeSequence(id, [id, 3], { nPredict: 4 }));
    t.step();
    expect([t.loop.nBusySlots, t.loop.nWaiting]).toEqual([2, 4]);
    t.run();
    for (let id = 1; id <= 6; id++) expect(t.answer(id)).toEqual(reference([id, 3], 4));
  });

  it('frees idle caches, then lets the youngest wait, when cells run out', () => {
    const t = setUp({ nSlots: 3, nCells: 100, nCtx: 100 });
    t.loop.submit(makeSequence(9, range(80, 3), { nPredict: 1 }));
    t.run();
    for (let id = 1; id <= 3; id++) t.loop.submit(makeSequence(id, range(30, id), { nPredict: 30 }));
    t.run();
    for (let id = 1; id <= 3; id++) expect(t.answer(id)).toEqual(reference(range(30, id), 30));
  });

  it('drops what idle slots remember when told so, after a newcomer has used it', () => {
    const t = setUp({ keepsIdle: false });
    for (const id of [1, 2]) t.loop.submit(makeSequence(id, range(50, id), { nPredict: 1 }));
    t.run();
    t.loop.submit(makeSequence(3, [...range(50, 2), 9], { nPredict: 1 }));
    t.run();
    expect(t.stats(3)?.cachedTokens).toBe(50);
    expect(t.cache.nUsed).toBe(51);
  });

  it('admits nobody whose prompt has no room beside others', () => {
    const t = setUp({ nSlots: 2, nCells: 100, nCtx: 100 });
    t.loop.submit(makeSequence(1, range(60, 5), { nPredict: 5 }));
    t.loop.submit(makeSequence(2, range(60, 9), { nPredict: 5 }));
    t.step();
    expect(t.loop.nBusySlots).toBe(1);
    t.run();
    expect(t.answer(2)).toEqual(reference(range(60, 9), 5));
  });

  describe('when the context is full', () => {
    it.each([true, false])('drops the older half and goes on (positions can move: %s)', (canShift) => {
      const t = setUp({ nCtx: 24, nCells: 100, canShift });
      t.loop.submit(makeSequence(1, range(20, 7), { nPredict: 60, nKeep: 4 }));
      t.run();
      expect(t.answer(1)).toEqual(reference(range(20, 7), 60, { nCtx: 24, nKeep: 4 }));
    });

    it('ends with `length` when shifting is not wanted', () => {
      const t = setUp({ nCtx: 24, nCells: 100 });
      t.loop.submit(makeSequence(1, range(20, 7), { nPredict: 60, shift: false }));
      t.run();
      expect(t.answer(1)).toEqual(reference(range(20, 7), 5)); // the 25th token needs no position
    });

    it('does not move cells under a busy neighbour', () => {
      const t = setUp({ nCtx: 60, nCells: 200, nSlots: 3 });
      const prefix = range(50, 3);
      for (const id of [1, 2, 3])
        t.loop.submit(makeSequence(id, [...prefix, id], { nPredict: id === 3 ? 6 : 80, nKeep: 4 }));
      t.run();
      for (const id of [1, 2])
        expect(t.answer(id)).toEqual(reference([...prefix, id], 80, { nCtx: 60, nKeep: 4 }));
      expect(t.answer(3)).toEqual(reference([...prefix, 3], 6));
    });
  });

  it('fails the sequences of a batch that cannot be computed, and only those', () => {
    const t = setUp({ nSlots: 2 });
    for (const id of [1, 2, 3]) t.loop.submit(makeSequence(id, [id, 4], { nPredict: 3 }));
    t.context.failures.push(-3);
    t.run();
    expect([1, 2].map((id) => t.answer(id).end)).toEqual(['internal', 'internal']);
    expect(t.answer(3)).toEqual(reference([3, 4], 3));
  });

  it('gets by when llama.cpp finds no room', () => {
    const t = setUp({ nSlots: 3 });
    for (const id of [1, 2, 3]) t.loop.submit(makeSequence(id, [id, 4], { nPredict: 3 }));
    t.context.failures.push(1, 1);
    t.run();
    for (const id of [1, 2, 3]) expect(t.answer(id)).toEqual(reference([id, 4], 3));
  });

  it('does not try for ever', () => {
    const t = setUp();
    t.loop.submit(makeSequence(1, [4, 4], { nPredict: 3 }));
    t.context.failures.push(...new Array(10).fill(1));
    t.run();
    expect(t.answer(1).end).toBe('internal');
  });

  it('evaluates a prompt of which nothing is to be generated', () => {
    const t = setUp();
    t.loop.submit(makeSequence(1, [4, 5], { nPredict: 0 }));
    t.run();
    expect(t.answer(1)).toEqual({ tokens: [], end: 'length' });
    expect(t.counters.promptTokensEvaluated).toBe(2);
  });

  it('turns what is thrown while sampling into an error of its sequence', () => {
    const t = setUp();
    t.loop.submit(makeSequence(2, [4, 6], { nPredict: 2, topLogprobs: 1 })); // the loop was given no reader for logprobs
    t.run();
    expect(t.answer(2).end).toBe('internal');
  });

  it('ends at stop strings and at the end of the answer', () => {
    const prompt = [5, 6, 7];
    const { tokens } = reference(prompt, 10);
    const t = setUp();
    t.loop.submit(makeSequence(1, prompt, { nPredict: 10, stop: [`${tokens[2]} `] }));
    t.run();
    expect(t.answer(1)).toEqual({ tokens: tokens.slice(0, 2), end: 'stop' });
    expect(t.stats(1)?.generatedTokens).toBe(3);
  });

  it('always gives the answers of a model without cache', () => {
    const request = fc.record({
      nPrefix: fc.nat(60),
      tail: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 5 }),
      nPredict: fc.nat(40),
      atStep: fc.nat(30),
      cancelAfter: fc.option(fc.nat(40), { freq: 5 }),
      failsWith: fc.option(fc.constant(1), { freq: 8 }),
    });
    const shape = fc.record({
      nSlots: fc.integer({ min: 1, max: 4 }),
      nCells: fc.integer({ min: 80, max: 200 }),
      nBatch: fc.integer({ min: 2, max: 64 }),
      canShift: fc.boolean(),
      canCut: fc.boolean(),
      keepsIdle: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 10 }), shape, (requests, options) => {
        const nCtx = 80;
        const t = setUp({ ...options, nCtx });
        const cancelled = new Set<number>();
        for (let now = 0; now <= 80; now++) {
          for (const [id, r] of requests.entries()) {
            const changes: WorkChanges = { nPredict: r.nPredict, nKeep: 4 };
            if (r.atStep === now) t.loop.submit(makeSequence(id, [...range(r.nPrefix), ...r.tail], changes));
            if (r.atStep === now && r.failsWith !== null) t.context.failures.push(r.failsWith);
            if (r.cancelAfter !== null && r.atStep + r.cancelAfter === now && t.loop.cancel(id))
              cancelled.add(id);
          }
          t.step();
        }
        t.run();
        for (const [id, r] of requests.entries()) {
          const prompt = [...range(r.nPrefix), ...r.tail];
          const nKeep = Math.min(4, prompt.length + 4);
          const expected = reference(prompt, r.nPredict, { nCtx, nKeep });
          const got = t.answer(id);
          if (cancelled.has(id)) expect(expected.tokens.slice(0, got.tokens.length)).toEqual(got.tokens);
          else if (got.end !== 'internal') expect(got).toEqual(expected);
        }
        expect(t.loop.nBusySlots).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
