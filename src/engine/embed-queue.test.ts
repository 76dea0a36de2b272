/** Which inputs share a batch, and in which order requests are served. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EmbedInput, EmbedWork } from '../protocol/messages.ts';
import type { PreparedInput } from './embed-input.ts';
import { EmbedQueue, type PackedInput } from './embed-queue.ts';

/** An input whose text is its length in tokens. */
function work(...lengths: number[]): EmbedWork {
  return { inputs: lengths.map((n) => ({ type: 'text', text: `${n}`, addSpecial: false })), truncate: true };
}

function prepare(input: EmbedInput): PreparedInput {
  const length = Number(input.type === 'text' ? input.text : 0);
  if (length < 0) throw new Error('bad input');
  return { tokens: new Int32Array(length), nFirst: length };
}

function fail(): never {
  throw new Error('no failure was expected');
}

/** `id:index` of each. */
function names(packed: readonly PackedInput[]): string[] {
  return packed.map(({ job, index }) => `${job.id}:${index}`);
}

function complete(queue: EmbedQueue, packed: readonly PackedInput[]): number[] {
  return packed.flatMap((input) => queue.complete(input, Float32Array.of(input.tokens.length))?.id ?? []);
}

/** All batches until nothing is left. */
function drain(queue: EmbedQueue, limits: { nTokens: number; nSequences: number }): string[][] {
  const batches: string[][] = [];
  while (queue.nJobs > 0) {
    const packed = queue.pack(limits, prepare, fail);
    if (packed.length === 0) throw new Error('no progress');
    batches.push(names(packed));
    complete(queue, packed);
  }
  return batches;
}

describe('packing', () => {
  it.each<[string, EmbedWork[], { nTokens: number; nSequences: number }, string[][]]>([
    ['one request', [work(3, 3, 3)], { nTokens: 9, nSequences: 9 }, [['0:0', '0:1', '0:2']]],
    ['up to the tokens', [work(3, 3, 3)], { nTokens: 8, nSequences: 9 }, [['0:0', '0:1'], ['0:2']]],
    ['up to the sequences', [work(1, 1, 1)], { nTokens: 8, nSequences: 2 }, [['0:0', '0:1'], ['0:2']]],
    ['a long input alone', [work(1, 20, 1)], { nTokens: 8, nSequences: 9 }, [['0:0'], ['0:1'], ['0:2']]],
    [
      'requests in turn',
      [work(2, 2, 2), work(2)],
      { nTokens: 6, nSequences: 9 },
      [['0:0', '1:0', '0:1'], ['0:2']],
    ],
    [
      'first whoever found no room',
      [work(4, 4), work(6, 1)],
      { nTokens: 8, nSequences: 9 },
      [['0:0'], ['1:0'], ['0:1', '1:1']],
    ],
  ])('%s', (_, works, limits, expected) => {
    const queue = new EmbedQueue(1);
    for (const [id, item] of works.entries()) queue.add(id, item);
    expect(drain(queue, limits)).toEqual(expected);
  });

  it('computes every input once and loses no place', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 9 }), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 8 }),
        (requests, nTokens, nSequences) => {
          const queue = new EmbedQueue(1);
          for (const [id, lengths] of requests.entries()) queue.add(id, work(...lengths));
          const results = new Map<number, readonly number[]>();
          while (queue.nJobs > 0) {
            const packed = queue.pack({ nTokens, nSequences }, prepare, fail);
            expect(packed.length).toBeGreaterThan(0);
            expect(packed.length).toBeLessThanOrEqual(nSequences);
            const total = packed.reduce((sum, { tokens }) => sum + tokens.length, 0);
            if (packed.length > 1) expect(total).toBeLessThanOrEqual(nTokens);
            for (const input of packed) {
              const done = queue.complete(input, Float32Array.of(input.tokens.length));
              if (done === undefined) continue;
              results.set(done.id, Array.from(done.vectors));
              expect(done.promptTokens).toBe(done.vectors.reduce((sum, n) => sum + n, 0));
            }
          }
          expect([...results.keys()].sort((a, b) => a - b)).toEqual([...requests.keys()]);
          for (const [id, vectors] of results) expect(vectors).toEqual(requests[id]);
        },
      ),
    );
  });
});

describe('failures', () => {
  it('a bad input takes its request out, with what was packed of it, and no other', () => {
    const queue = new EmbedQueue(1);
    queue.add(1, work(2, -1));
    queue.add(2, work(2, 2));
    const failed: number[] = [];
    const packed = queue.pack({ nTokens: 99, nSequences: 9 }, prepare, (job) => failed.push(job.id));
    expect(failed).toEqual([1]);
    expect(names(packed)).toEqual(['2:0', '2:1']);
    expect(complete(queue, packed)).toEqual([2]);
    expect(queue.nJobs).toBe(0);
  });

  it('removes a request whose inputs are partly computed', () => {
    const queue = new EmbedQueue(1);
    queue.add(1, work(5, 5));
    const packed = queue.pack({ nTokens: 5, nSequences: 9 }, prepare, fail);
    expect(queue.remove(1)).toBe(true);
    expect(queue.remove(1)).toBe(false);
    expect(complete(queue, packed)).toEqual([]);
    expect(queue.pack({ nTokens: 5, nSequences: 9 }, prepare, fail)).toEqual([]);
  });
});
