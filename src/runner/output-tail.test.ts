import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutputTail } from './output-tail.ts';

function tailOf(text: string): OutputTail {
  const tail = new OutputTail();
  tail.push(text);
  tail.end();
  return tail;
}

describe('OutputTail', () => {
  it.each<[string, string | undefined]>([
    ['llama_context: n_ctx = 4096\n', undefined],
    ['', undefined],
    [
      'llama_model_load: error loading model: tensor missing\nmain: exiting\n',
      'llama_model_load: error loading model: tensor missing',
    ],
    [
      '/src/ggml.c:42: GGML_ASSERT(a == b) failed\n#0  0x7f in abort ()\n',
      '/src/ggml.c:42: GGML_ASSERT(a == b) failed',
    ],
    [
      "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n",
      "terminate called after throwing an instance of 'std::bad_alloc'",
    ],
    [
      "file:///x.js:3\nthrow new Error('no')\n^\n\nError: no\n    at failedThing (file:///x.js:3:7)\n\nNode.js v20\n",
      'Error: no',
    ],
    ['CUDA error: out of memory', 'CUDA error: out of memory'],
    ['an error\r\nanother error\r', 'another error'],
    [
      'llama_model_load: error loading model: no tensor\nllama_model_load_from_file_impl: failed to load model\n',
      'llama_model_load: error loading model: no tensor',
    ],
    ['x: failed to load model', 'x: failed to load model'],
    [
      "done_getting_tensors: tensor 'a' cannot be used with preferred buffer type X, using CPU instead\n",
      undefined,
    ],
  ])('finds the error line of %j', (text, expected) => {
    expect(tailOf(text).lastErrorLine).toBe(expected);
  });

  it('forgets errors that did no harm', () => {
    const tail = new OutputTail();
    tail.push('an error\n');
    tail.forgetErrors();
    expect(tail.lastErrorLine).toBeUndefined();
    tail.push('another error\n');
    expect(tail.lastErrorLine).toBe('another error');
  });

  it('splits lines whatever the pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{0,5}$/)), fc.array(fc.nat(30)), (lines, cuts) => {
        const text = `${lines.join('\n')}\n`;
        const seen: string[] = [];
        const tail = new OutputTail((line) => seen.push(line));
        let start = 0;
        for (const cut of cuts) {
          tail.push(text.slice(start, start + cut));
          start += cut;
        }
        tail.push(text.slice(start));
        tail.end();
        expect(seen).toEqual(lines.filter((line) => line !== ''));
      }),
    );
  });

  it('is bounded in lines and in their length', () => {
    const tail = new OutputTail();
    for (let i = 0; i < 1000; i++) tail.push(`line ${i}\n`);
    for (let i = 0; i < 100; i++) tail.push('x'.repeat(1000));
    tail.end();
    expect(tail.lines.length).toBe(64);
    expect(tail.lines.at(-1)?.length).toBe(2000);
  });
});
