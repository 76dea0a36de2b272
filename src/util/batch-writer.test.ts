import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { type BatchTarget, BatchWriter } from './batch-writer.ts';

/** Takes `most` bytes at a time. */
function fakeFile(most: number): { target: BatchTarget; content: () => Buffer; calls: () => number } {
  const written: Buffer[] = [];
  const target: BatchTarget = {
    write: async (bytes, offset, length, position) => {
      expect(position).toBe(10 + Buffer.concat(written).length);
      await new Promise(setImmediate);
      written.push(Buffer.from(bytes.subarray(offset, offset + Math.min(length, most))));
      return { bytesWritten: Math.min(length, most) };
    },
  };
  return { target, content: () => Buffer.concat(written), calls: () => written.length };
}

it('goes on after short writes', async () => {
  const { target, content } = fakeFile(3);
  const told: number[] = [];
  const writer = new BatchWriter(target, 10, (end) => told.push(end));
  expect(writer.push(Buffer.from('abcd'))).toBeUndefined();
  await writer.push(Buffer.from('efgh'));
  expect(told).toEqual([]);
  await writer.flush();
  expect(content().toString()).toBe('abcdefgh');
  expect(told).toEqual([13, 16, 18]);
});

it('joins small chunks and divides large ones, which may be used again at once', async () => {
  const { target, content, calls } = fakeFile(Number.POSITIVE_INFINITY);
  const writer = new BatchWriter(target, 10, () => {});
  const bytes = randomBytes(3_000_000);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const chunk = Buffer.from(bytes.subarray(at, at + ([1, 65_536, 0, 1_400_001][i % 4] ?? 0)));
    await writer.push(chunk);
    at += chunk.length;
    chunk.fill(0);
  }
  await writer.flush();
  expect(content().equals(bytes)).toBe(true);
  expect(calls()).toBe(Math.ceil(3_000_000 / (512 * 1024)));
});

it('tells of a full disk in push or flush', async () => {
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  const writer = new BatchWriter({ write: () => Promise.reject(full) }, 0, () => {});
  await writer.push(Buffer.alloc(600_000));
  await expect(writer.push(Buffer.alloc(600_000))).rejects.toBe(full);
  await expect(writer.flush()).rejects.toBe(full);
});
