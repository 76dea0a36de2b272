import { expect, it } from 'vitest';
import { BatchWriter } from './batch-writer.ts';

it('goes on after short writes', async () => {
  const written: Buffer[] = [];
  const told: number[] = [];
  const target = {
    writev: async (chunks: readonly Uint8Array[], position: number) => {
      expect(position).toBe(10 + Buffer.concat(written).length);
      const bytes = Buffer.concat(chunks).subarray(0, 3);
      written.push(bytes);
      return { bytesWritten: bytes.length };
    },
  };
  const writer = new BatchWriter(target, 10, (end) => told.push(end));
  await writer.push(Buffer.from('abcd'));
  await writer.push(Buffer.from('efgh'));
  await writer.flush();
  expect(Buffer.concat(written).toString()).toBe('abcdefgh');
  expect(told).toEqual([13, 16, 18]);
});

it('tells of a full disk in push or flush', async () => {
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  const writer = new BatchWriter({ writev: () => Promise.reject(full) }, 0, () => {});
  await writer.push(Buffer.alloc(600_000));
  await expect(writer.push(Buffer.alloc(600_000))).rejects.toBe(full);
  await expect(writer.flush()).rejects.toBe(full);
});
