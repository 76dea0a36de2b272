/** Batch and candidates: what JavaScript writes is where llama.cpp looks for it. */
import koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import { Batch } from './batch.ts';
import { Candidates } from './candidates.ts';
import { structs } from './structs.ts';

describe('Batch', () => {
  it('lays its members out as llama_batch wants them', () => {
    using batch = new Batch(3);
    expect(batch.add(7, 100, 2, false)).toBe(0);
    expect(batch.add(8, 101, 5, true)).toBe(1);
    const { struct } = batch;
    expect(struct.n_tokens).toBe(2);
    expect(koffi.decode(struct.token, 'int32_t', 2)).toEqual(Int32Array.of(7, 8));
    expect(koffi.decode(struct.pos, 'int32_t', 2)).toEqual(Int32Array.of(100, 101));
    expect(koffi.decode(struct.n_seq_id, 'int32_t', 3)).toEqual(Int32Array.of(1, 1, 1));
    expect(koffi.decode(struct.logits, 'int8_t', 2)).toEqual(Int8Array.of(0, 1));
    const seqIds: bigint[] = koffi.decode(struct.seq_id, koffi.array('void *', 2));
    expect(seqIds.map((pointer) => koffi.decode.int32(pointer))).toEqual([2, 5]);
  });

  it('takes no more than its capacity, and starts over', () => {
    using batch = new Batch(1);
    batch.add(1, 0, 0, false);
    expect(() => batch.add(2, 1, 0, false)).toThrow(RangeError);
    batch.clear();
    expect(batch.length).toBe(0);
    batch.add(3, 0, 0, true);
    expect(koffi.decode.int32(batch.struct.token)).toBe(3);
  });
});

describe('Candidates', () => {
  const read = (candidates: Candidates) => koffi.decode(candidates.pointer, structs.llama_token_data_array);

  it('lays them out as llama_token_data_array wants them', () => {
    using candidates = new Candidates(4);
    candidates.set(0, 11, 1.5);
    candidates.set(1, 12, -2);
    candidates.reset(2, true);
    const head = read(candidates);
    expect(head).toMatchObject({ size: 2, selected: -1, sorted: true });
    const entries = koffi.decode(head.data, koffi.array(structs.llama_token_data, 2));
    expect(entries).toEqual([
      { id: 11, logit: 1.5, p: 0 },
      { id: 12, logit: -2, p: 0 },
    ]);
  });

  it('takes a whole row, or what is possible of it', () => {
    using candidates = new Candidates(4);
    const row = Float32Array.of(1, Number.NEGATIVE_INFINITY, 3, 4);
    candidates.setAll(row);
    expect(read(candidates)).toMatchObject({ size: 4, sorted: false });
    expect([0, 1, 2, 3].map((i) => candidates.token(i))).toEqual([0, 1, 2, 3]);
    expect(candidates.setPossible(row)).toBe(3);
    expect([0, 1, 2].map((i) => candidates.token(i))).toEqual([0, 2, 3]);
    expect(read(candidates).size).toBe(3);
  });

  it('finds the chosen one also when a sampler has moved the array', () => {
    using candidates = new Candidates(4);
    candidates.setAll(Float32Array.of(1, 2, 3, Number.NEGATIVE_INFINITY));
    expect(candidates.chosenToken).toBe(-1);
    const choose = (changes: { data?: bigint; selected: number }) =>
      koffi.encode(candidates.pointer, structs.llama_token_data_array, { ...read(candidates), ...changes });
    const { data } = read(candidates);
    choose({ selected: 1 });
    expect(candidates.chosenToken).toBe(1);
    choose({ data: data + 12n, selected: 1 });
    expect(candidates.chosenToken).toBe(2);
    choose({ data, selected: 3 });
    expect(candidates.chosenToken).toBe(-1); // probability zero
    choose({ data, selected: 4 });
    expect(candidates.chosenToken).toBe(-1);
    choose({ data: data - 12n, selected: 0 });
    expect(candidates.chosenToken).toBe(-1);
    candidates.reset(4, false);
    expect(read(candidates).data).toBe(data);
  });
});
