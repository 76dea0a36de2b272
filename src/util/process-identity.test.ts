import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type Liveness, livenessOf, type ProcessIdentity, thisProcess } from './process-identity.ts';

const me = thisProcess();

describe('livenessOf', () => {
  it.each<[string, Partial<ProcessIdentity>, Liveness]>([
    ['this process', {}, 'alive'],
    ['a process of another machine', { machine: 'elsewhere' }, 'unknown'],
    ['a process from before the last boot', { boot: 'ffffffff' }, 'dead'],
    ['an id that no process has', { pid: 2 ** 22 + 1 }, 'dead'],
    ['process 1', { pid: 1, start: '' }, 'unknown'],
  ])('%s', (_name, changes, expected) => {
    expect(livenessOf({ ...me, ...changes }, me)).toBe(expected);
  });

  it.runIf(process.platform === 'linux')('tells a new process from an old one that had its id', () => {
    expect(livenessOf({ ...me, start: `${Number(me.start) - 1}` }, me)).toBe('dead');
  });

  it('knows a child that has ended', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const identity = { ...me, pid: child.pid ?? 0, start: '' };
    expect(livenessOf(identity, me)).not.toBe('dead');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(livenessOf(identity, me)).toBe('dead');
  });

  it('does without /proc', () => {
    const nowhere = '/nonexistent';
    const poor = thisProcess(nowhere);
    expect(poor).toMatchObject({ boot: '', start: '', pid: process.pid });
    expect(livenessOf(poor, poor, nowhere)).toBe('alive');
    expect(livenessOf({ ...poor, pid: process.ppid }, poor, nowhere)).toBe('unknown');
  });
});
