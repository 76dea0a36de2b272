import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isCriaError } from '../errors.ts';
import { splitGguf } from '../gguf/testdata/split-model.ts';
import type { GenerateWork, StepEvent } from '../protocol/messages.ts';
import type { ChosenLogprob, Truncation } from '../types/events.ts';
import { Engine } from './engine.ts';
import { baseVocabulary, writeRandomAdapter } from './testdata/random-model.ts';
import { makeModelFile, makeSpec, noLibrary, type TestModelFile } from './testdata/test-model.ts';
import { makeWork } from './testdata/work.ts';

interface Outcome {
  text: string;
  readonly logprobs: ChosenLogprob[];
  truncated?: Truncation;
  readonly end: Extract<StepEvent, { type: 'finish' | 'error' }>;
}

/** An engine whose generations can be awaited. */
async function startEngine(file: TestModelFile, changes: Parameters<typeof makeSpec>[1] = {}) {
  const waiting = new Map<number, (outcome: Outcome) => void>();
  const texts = new Map<number, Omit<Outcome, 'end'>>();
  const progress: number[] = [];
  let nextId = 1;
  const engine = await Engine.load(makeSpec(file, changes), {
    onProgress: (fraction) => progress.push(fraction),
    onEvents: (events) => {
      for (const event of events) {
        const so = texts.get(event.id) ?? { text: '', logprobs: [] };
        texts.set(event.id, so);
        if (event.type === 'tokens') {
          so.text += event.text;
          so.logprobs.push(...(event.logprobs ?? []));
        } else if (event.type === 'truncated') {
          so.truncated = event;
        } else {
          waiting.get(event.id)?.({ ...so, end: event });
        }
      }
    },
  });
  const submit = (work: GenerateWork) => {
    const id = nextId++;
    const outcome = new Promise<Outcome>((resolve) => waiting.set(id, resolve));
    engine.submit(id, work);
    return { id, outcome };
  };
  return { engine, progress, submit, generate: (work: GenerateWork) => submit(work).outcome };
}

const stats = ({ end }: Outcome) => (end.type === 'finish' ? end.stats : expect.unreachable());
const code = ({ end }: Outcome) => (end.type === 'error' ? end.error.code : undefined);

describe.skipIf(noLibrary)('Engine', () => {
  let file: TestModelFile;
  let started: Awaited<ReturnType<typeof startEngine>>;
  beforeAll(async () => {
    file = await makeModelFile();
    started = await startEngine(file);
  });
  afterEach(() => {
    started.engine.checkIntegrity();
    expect(started.engine.stats()).toMatchObject({ slotsBusy: 0, waiting: 0 });
  });
  afterAll(() => {
    started.engine[Symbol.dispose]();
    file[Symbol.dispose]();
  });
  const generate = (...args: Parameters<typeof makeWork>) => started.generate(makeWork(...args));
  const tokenize = (text: string) =>
    started.engine.tokenize({ text, addSpecial: true, parseSpecial: true }).tokens;

  it('tells what it has loaded, and how far it is while loading', () => {
    expect(started.engine.info).toMatchObject({
      nCtx: 256,
      nSlots: 4,
      nVocab: baseVocabulary.length,
      nEmbd: 64,
      bosToken: 1,
      eosToken: 2,
      addsBos: true,
      addsEos: false,
      canShift: true,
      device: 'CPU',
      sizeVramBytes: 0,
    });
    expect(started.engine.info.sizeBytes).toBeGreaterThan(400_000);
    expect(started.progress.at(-1)).toBe(1);
  });

  it('gives the same answers together as one after the other', async () => {
    const prompts = ['the dog', 'a cat ran', 'big red', 'x', 'the dog and', 'é👍', '{"', 'and the dog ran'];
    const works = prompts.map((prompt) => makeWork(prompt, { nPredict: 30 }));
    const alone: string[] = [];
    for (const work of works) alone.push((await started.generate(work)).text);
    const together = await Promise.all(works.map(started.generate));
    expect(together.map(({ text }) => text)).toEqual(alone);
    expect(new Set(alone).size).toBeGreaterThan(4);
  });

  it('counts tokens exactly and reuses what it has computed', async () => {
    const prompt = 'a rather long prompt that nobody has sent before';
    const nPrompt = tokenize(prompt).length;
    const before = started.engine.stats();
    const first = await generate(prompt, { nPredict: 7 });
    expect(stats(first)).toMatchObject({ promptTokens: nPrompt, generatedTokens: 7 });
    expect(stats(first).promptDurationNs).toBeGreaterThan(0);
    expect(stats(first).generationDurationNs).toBeGreaterThan(0);
    const second = await generate(prompt, { nPredict: 7 });
    expect(second.text).toBe(first.text);
    expect(stats(second).cachedTokens).toBe(nPrompt - 1);
    expect(started.engine.stats().tokensGenerated - before.tokensGenerated).toBe(14);
  });

  it('samples reproducibly with a seed', async () => {
    const work = makeWork('the', {
      nPredict: 40,
      sampling: { temperature: 1, seed: 42, topK: 100, topP: 1 },
    });
    await started.generate(work); // the next two find the same in the cache
    const { text } = await started.generate(work);
    expect((await started.generate(work)).text).toBe(text);
  });

  it('gives a deterministic request the same bits whatever runs beside it', async () => {
    const work = makeWork('the red cat ran and', { nPredict: 30, deterministic: true, topLogprobs: 2 });
    const alone = await started.generate(work);
    const others = [1, 2, 3, 4, 5].map((seed) =>
      generate('the red cat ran and ran', { nPredict: 50, sampling: { temperature: 1, seed } }),
    );
    const beside = await Promise.all([started.generate(work), started.generate(work)]);
    for (const { text, logprobs, end } of beside) {
      expect({ text, logprobs }).toEqual({ text: alone.text, logprobs: alone.logprobs });
      expect(end.type === 'finish' && end.stats.cachedTokens).toBe(0);
    }
    await Promise.all(others);
  });

  it('reports log-probabilities of the whole vocabulary, before sampling options', async () => {
    const plain = await generate('the', { nPredict: 3, topLogprobs: 5, returnTokens: true });
    expect(plain.logprobs).toHaveLength(3);
    for (const { logprob, token, topLogprobs = [] } of plain.logprobs) {
      expect(topLogprobs).toHaveLength(5);
      expect(topLogprobs[0]).toMatchObject({ token, logprob });
      expect(logprob).toBeLessThan(0);
      const falling = topLogprobs.map((top) => top.logprob);
      expect([...falling].sort((a, b) => b - a)).toEqual(falling);
    }
    const all = await generate('the', { nPredict: 1, topLogprobs: baseVocabulary.length });
    const sum = (all.logprobs[0]?.topLogprobs ?? []).reduce(
      (total, { logprob }) => total + Math.exp(logprob),
      0,
    );
    expect(sum).toBeCloseTo(1, 5);
    const tokens = plain.end.type === 'finish' ? (plain.end.tokens ?? []) : [];
    const forbidden = tokens.at(-3) ?? -1;
    const biased = await generate('the', {
      nPredict: 1,
      topLogprobs: 0,
      sampling: { logitBias: [[forbidden, Number.NEGATIVE_INFINITY]] },
    });
    expect(biased.logprobs[0]?.logprob).toBeCloseTo(plain.logprobs[0]?.topLogprobs?.[1]?.logprob ?? 0, 5);
    expect(biased.logprobs[0]).not.toHaveProperty('topLogprobs');
  });

  it('returns token ids, and goes on from them', async () => {
    const whole = await generate('the dog', { nPredict: 12, returnTokens: true });
    const half = await generate('the dog', { nPredict: 6, returnTokens: true });
    const tokens = half.end.type === 'finish' ? (half.end.tokens ?? []) : [];
    const rest = await generate([], { contextTokens: tokens, nPredict: 6, returnTokens: true });
    expect(rest.end.type === 'finish' && rest.end.tokens).toEqual(
      whole.end.type === 'finish' && whole.end.tokens,
    );
  });

  it('obeys a grammar and ends with it', async () => {
    const { text, end } = await generate('the', {
      nPredict: 50,
      sampling: { temperature: 1, seed: 3 },
      grammar: { gbnf: 'root ::= "{" ["] [a-z]{1,5} ["] "}"' },
    });
    expect(text).toMatch(/^\{"[a-z]{1,5}"\}$/);
    expect(end).toMatchObject({ type: 'finish', reason: 'stop' });
  });

  it('cuts a prompt that is too long, and says so', async () => {
    const long = await generate('dog '.repeat(300), { nPredict: 2 });
    const keptTokens = 256 - Math.floor((256 - 5) / 2);
    expect(long.truncated).toMatchObject({ keptTokens });
    expect(long.truncated?.originalTokens).toBeGreaterThan(1000);
    expect(stats(long).promptTokens).toBe(keptTokens);
    expect(code(await generate('dog '.repeat(300), { truncate: false }))).toBe('context_exceeded');
    expect(code(await generate('dog '.repeat(300), { shift: false }))).toBe('context_exceeded');
  });

  it('shifts the context or ends at its end', async () => {
    const sampling = { temperature: 1, seed: 4, logitBias: [[2, Number.NEGATIVE_INFINITY]] as const };
    expect(stats(await generate('the', { nPredict: 400, sampling })).generatedTokens).toBe(400);
    const ended = await generate('the', { nPredict: 400, shift: false, sampling });
    expect(ended.end).toMatchObject({ reason: 'length' });
    const { promptTokens, generatedTokens } = stats(ended);
    expect(promptTokens + generatedTokens).toBe(257); // the last token needs no place in the context
  });

  it.each<[string, Parameters<typeof makeWork>[1]]>([
    ['a broken grammar', { grammar: { gbnf: 'root ::= (' } }],
    ['a bias for a token that is not there', { sampling: { logitBias: [[99_999, 1]] } }],
    ['a penalty of nothing', { sampling: { repeatPenalty: 0 } }],
    ['context that is not made of tokens', { contextTokens: [-5] }],
  ])('refuses %s and goes on', async (_, changes) => {
    expect(code(await generate('the', changes))).toBe('bad_request');
    expect((await generate('the', { nPredict: 1 })).end.type).toBe('finish');
  });

  it('ends a cancelled generation at once, also one that waits', async () => {
    const running = [1, 2, 3, 4, 5, 6].map(() =>
      started.submit(
        makeWork('the dog', { nPredict: -1, sampling: { logitBias: [[2, Number.NEGATIVE_INFINITY]] } }),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(started.engine.stats()).toMatchObject({ slotsBusy: 4, waiting: 2 });
    for (const { id } of running) started.engine.cancel(id);
    for (const { outcome } of running) expect(code(await outcome)).toBe('cancelled');
    started.engine.cancel(999_999);
  });

  it('works with every kind of sampler', async () => {
    const kinds = [
      { mirostat: 1 as const },
      { mirostat: 2 as const },
      { topK: 0 },
      { topNSigma: 1 },
      { typicalP: 0.5 },
      { xtcProbability: 1, xtcThreshold: 0.01 },
      { dryMultiplier: 1 },
      { repeatPenalty: 1.2, presencePenalty: 0.5, frequencyPenalty: 0.5, repeatLastN: -1 },
      { minP: 0.2, topP: 1 },
    ];
    const answers = kinds.map((kind) => generate('the', { sampling: { temperature: 1, seed: 5, ...kind } }));
    for (const { end } of await Promise.all(answers)) expect(end.type).toBe('finish');
  });

  it('turns text to tokens and back', () => {
    const text = 'the dog 👍 <tool_call>';
    const { tokens } = started.engine.tokenize({ text, addSpecial: false, parseSpecial: true });
    expect(tokens).toContain(baseVocabulary.indexOf('<tool_call>'));
    expect(started.engine.detokenize(tokens, true).trim().replaceAll(/ +/g, ' ')).toBe(text);
    const plain = started.engine.tokenize({ text: '<s>', addSpecial: false, parseSpecial: false });
    expect(plain.tokens).not.toContain(1);
    expect(() => started.engine.detokenize([baseVocabulary.length], true)).toThrow();
  });
});

describe.skipIf(noLibrary)('Engine.load', () => {
  let file: TestModelFile;
  beforeAll(async () => {
    file = await makeModelFile();
  });
  afterAll(() => file[Symbol.dispose]());

  it.each<[string, Parameters<typeof makeSpec>[1], string]>([
    ['a file that is not there', { modelPath: '/nonexistent/model.gguf' }, 'load_failed'],
    ['a folder without libraries', { libraryDir: '/nonexistent' }, 'load_failed'],
    ['a type that no KV cache has', { kvCacheType: 'q9_9' }, 'load_failed'],
    ['an adapter that is not there', { adapterPaths: ['/nonexistent/lora.gguf'] }, 'load_failed'],
  ])('refuses %s', async (_, changes, expected) => {
    const error = await startEngine(file, changes).catch((reason: unknown) => reason);
    expect(isCriaError(error) && error.code).toBe(expected);
  });

  it('keeps the context within what the model was trained for, and takes fewer cells', async () => {
    const { engine, generate } = await startEngine(file, {
      nCtx: 100_000,
      nSlots: 2,
      nCells: 600,
    });
    using _ = engine;
    expect(engine.info).toMatchObject({ nCtx: 512, nSlots: 2 });
    const outcomes = await Promise.all(
      ['a', 'b', 'c'].map((prompt) => generate(makeWork(prompt.repeat(300), { nPredict: 40 }))),
    );
    for (const { end } of outcomes) expect(end.type).toBe('finish');
    engine.checkIntegrity();
  });

  it.each([
    { what: 'parts', sizes: [3, 5] },
    { what: 'a first part of metadata alone', sizes: [0, 4] },
  ])('loads a split model under any names: $what', async ({ sizes }) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'cria-split-'));
    try {
      const parts = await splitGguf(file.path, folder, { sizes });
      const blobs = parts.map((part, i) => {
        const blob = path.join(folder, `sha256-${i}`);
        renameSync(part, blob);
        return blob;
      });
      const [modelPath = '', ...furtherPaths] = blobs;
      const texts: string[] = [];
      for (const useMmap of [true, false]) {
        for (const changes of [{}, { modelPath, furtherPaths }]) {
          const { engine, generate } = await startEngine(file, { ...changes, useMmap });
          using _ = engine;
          texts.push((await generate(makeWork('the dog ran'))).text);
          expect(engine.info.sizeBytes).toBeGreaterThan(0);
        }
      }
      expect(texts[0]).not.toBe('');
      expect(new Set(texts).size).toBe(1);
      const wrongOrder = { modelPath, furtherPaths: furtherPaths.toReversed() };
      await expect(startEngine(file, wrongOrder)).rejects.toMatchObject({ code: 'load_failed' });
      await expect(startEngine(file, { modelPath })).rejects.toMatchObject({ code: 'load_failed' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('applies an adapter', async () => {
    const adapter = `${file.path}.lora`;
    await writeRandomAdapter(adapter);
    const answers: string[] = [];
    for (const adapterPaths of [[], [adapter]]) {
      const { engine, generate } = await startEngine(file, { adapterPaths });
      using _ = engine;
      for (const deterministic of [false, true])
        answers.push((await generate(makeWork('the dog ran', { deterministic }))).text);
    }
    expect(answers[1]).toBe(answers[0]);
    expect(answers[3]).toBe(answers[2]);
    expect(answers[2]).not.toBe(answers[0]);
  });

  it('can be closed in the middle of work, twice', async () => {
    const { engine, submit } = await startEngine(file);
    submit(makeWork('the', { nPredict: -1 }));
    submit(makeWork('the', { nPredict: -1, deterministic: true, grammar: { gbnf: 'root ::= [a-z]*' } }));
    await new Promise((resolve) => setImmediate(resolve));
    engine[Symbol.dispose]();
    engine[Symbol.dispose]();
    await new Promise((resolve) => setImmediate(resolve));
  });
});
